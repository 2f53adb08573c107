/* Optional comforts of a rater's page, in the language every old phone speaks (ES5). Without it
   everything works: progress, drafts, follow-up questions and one-tap sending are added here. */
(function (d, w) {
  'use strict';
  d.documentElement.className += ' js';
  var form = d.getElementById('f');
  var draft = d.getElementById('draft');
  var done = d.getElementById('done');
  var progress = d.getElementById('progress');
  var keepsHere = form && draft && !form.hasAttribute('data-leave');
  var isChanged = false;
  var isSent = false;

  function each(list, act) { for (var i = 0; i < list.length; i++) { act(list[i], i); } }
  function all(selector, root) { return (root || d).querySelectorAll(selector); }
  function store(act) { try { return act(w.localStorage); } catch (e) { return null; } }
  function key(id) { return 'draft:' + id; }

  function session(act) { try { return act(w.sessionStorage); } catch (e) { return null; } }
  if (done) {
    var id = done.getAttribute('data-draft');
    store(function (s) { s.removeItem(key(id)); });
    session(function (s) { s.setItem('sent:' + id, s.getItem('last:' + id)); });
  }
  var sum = d.getElementById('sum');
  if (sum && !('autofocus' in sum)) { sum.focus(); }
  if (!form) { return; }

  function fields() { return all('input[type=radio],input[type=checkbox],textarea', form); }
  function values() {
    var found = [];
    each(fields(), function (f) {
      if (f.type === 'textarea' ? f.value : f.checked) { found.push([f.name, f.value]); }
    });
    return found;
  }

  function save() {
    if (!keepsHere) { return; }
    store(function (s) { s.setItem(key(draft.value), JSON.stringify(values())); });
  }
  function restore() {
    if (!keepsHere || form.getAttribute('data-keep') === 'server') { return; }
    var kept = store(function (s) { return JSON.parse(s.getItem(key(draft.value))); });
    if (!kept || !kept.length || values().length) { return; }
    var given = {};
    each(kept, function (pair) { given[pair[0] + '\n' + pair[1]] = 1; if (!given[pair[0]]) { given[pair[0]] = pair[1]; } });
    each(fields(), function (f) {
      if (f.type === 'textarea') { f.value = given[f.name] || ''; } else { f.checked = !!given[f.name + '\n' + f.value]; }
    });
    tell();
  }
  function tell() {
    var note = d.createElement('div');
    var words = d.createElement('p');
    var clear = d.createElement('button');
    note.className = 'note';
    note.setAttribute('role', 'status');
    words.appendChild(d.createTextNode(form.getAttribute('data-restored') + ' '));
    clear.type = 'button';
    clear.className = 'link';
    clear.appendChild(d.createTextNode(form.getAttribute('data-clear')));
    clear.onclick = function () {
      each(fields(), function (f) { if (f.type === 'textarea') { f.value = ''; } else { f.checked = false; } });
      note.parentNode.removeChild(note);
      save();
      refresh();
    };
    words.appendChild(clear);
    note.appendChild(words);
    form.insertBefore(note, form.firstChild);
  }

  /* A block is a question, or on a list of units a unit; it is done when anything in it is. */
  var blocks = form.className.indexOf('many') < 0 ? all('.q', form) : all('.unit', form);
  function isDone(block) {
    var yes = false;
    each(all('input,textarea', block), function (f) { if (f.type === 'textarea' ? f.value : f.checked) { yes = true; } });
    return yes;
  }
  function refresh() {
    var answers = {};
    each(values(), function (pair) { answers[pair[0]] = pair[1]; });
    each(all('[data-if]', form), function (block) {
      var wanted = ' ' + block.getAttribute('data-is') + ' ';
      block.hidden = wanted.indexOf(' ' + answers[block.getAttribute('data-if')] + ' ') < 0;
    });
    each(all('.unit', form), function (unit) {
      var pass = unit.querySelector('.pass input');
      unit.className = unit.className.replace(/ skipped/g, '') + (pass && pass.checked ? ' skipped' : '');
    });
    if (!progress) { return; }
    var n = 0, m = 0;
    each(blocks, function (block) { if (!block.hidden) { m++; if (isDone(block)) { n++; } } });
    progress.hidden = false;
    progress.firstChild && progress.removeChild(progress.firstChild);
    progress.appendChild(d.createTextNode(progress.getAttribute('data-text').replace('{n}', n).replace('{m}', m)));
  }

  /* Going back from the receipt: the answers stay out of sight of the next person. */
  function cover() {
    var sent = keepsHere && session(function (s) { return s.getItem('sent:' + draft.value); });
    var cover = d.getElementById('sent');
    if (!cover || sent !== form.elements.nonce.value) { return; }
    each(all('.q,.send,.note', form), function (part) { part.hidden = true; });
    cover.hidden = false;
  }

  /* Large text on a small screen: what sticks to its edges must leave room to read. */
  function crowd() {
    var bar = form.querySelector('.send');
    var head = form.querySelector('.unit th');
    if (!bar) { return; }
    var taken = bar.offsetHeight + (head ? head.offsetHeight : 0);
    d.documentElement.className = d.documentElement.className.replace(/ crowded/g, '') +
      (taken > w.innerHeight / 2 ? ' crowded' : '');
  }

  function changed() { isChanged = true; save(); refresh(); }
  form.addEventListener('change', changed);
  form.addEventListener('input', function (e) { if (e.target.type === 'textarea') { changed(); } });
  form.addEventListener('submit', function (e) {
    if (isSent) { e.preventDefault(); return; }
    isSent = true;
    if (keepsHere) { session(function (s) { s.setItem('last:' + draft.value, form.elements.nonce.value); }); }
    /* Should the reply be lost, the button works again; the server counts the same form once. */
    setTimeout(function () { isSent = false; }, 8000);
  });
  w.addEventListener('pageshow', function () { isSent = false; refresh(); cover(); });
  w.addEventListener('beforeunload', function (e) {
    if (form.hasAttribute('data-leave') && isChanged && !isSent) { e.preventDefault(); e.returnValue = ''; }
  });
  w.addEventListener('resize', crowd);
  restore();
  refresh();
  crowd();
}(document, window));
