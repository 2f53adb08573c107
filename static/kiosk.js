/* A tablet that everybody shares (ES5): a form nobody touches goes back to the start. Without this
   script the page does so by itself, only later. */
(function (d, w) {
  'use strict';
  var mark = d.getElementById('kiosk');
  if (!mark) { return; }
  var IDLE = 100, WARN = 20;
  var last = Date.now(), note = null;
  function touch() {
    last = Date.now();
    if (note) { note.parentNode.removeChild(note); note = null; }
  }
  function say(left) {
    if (!note) {
      note = d.createElement('p');
      note.className = 'sum kiosk-note';
      note.setAttribute('role', 'alert');
      d.body.appendChild(note);
    }
    note.textContent = mark.getAttribute('data-words').replace('{n}', left);
  }
  function look() {
    var idle = Math.floor((Date.now() - last) / 1000);
    if (idle >= IDLE + WARN) { w.location.replace(mark.getAttribute('data-home')); return; }
    if (idle >= IDLE) { say(IDLE + WARN - idle); }
    w.setTimeout(look, 500);
  }
  var events = ['click', 'touchstart', 'keydown', 'scroll', 'input'];
  for (var i = 0; i < events.length; i++) { w.addEventListener(events[i], touch, true); }
  if (d.getElementById('f')) { look(); }
  /* Never shown again from memory: going back finds a new start. */
  w.addEventListener('pageshow', function (e) {
    if (e.persisted) { w.location.replace(mark.getAttribute('data-home')); }
  });
}(document, window));
