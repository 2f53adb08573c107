/* A little work instead of a wait, in the language every old phone speaks (ES5): finds numbers whose
   SHA-256 with the form's challenge begins with zero bits, then sends the form. Plain arithmetic,
   because crypto.subtle is missing on plain http and in old browsers. Without it: wait, press. */
(function (d, w) {
  'use strict';
  var field = d.getElementById('work');
  var form = d.getElementById('f');
  if (!field || !form) { return; }
  var challenge = field.getAttribute('data-challenge');
  var pieces = +field.getAttribute('data-pieces');
  var limit = Math.pow(2, 32 - field.getAttribute('data-bits'));
  var SLICE = 40; /* milliseconds at a time, so that the page stays alive */

  /* Constants of FIPS 180-4: the first bits of the roots of the first primes. */
  var K = [], H = [];
  (function () {
    var n = 2, i, isPrime;
    while (K.length < 64) {
      isPrime = true;
      for (i = 2; i * i <= n; i++) { if (n % i === 0) { isPrime = false; } }
      if (isPrime) {
        if (H.length < 8) { H.push((Math.pow(n, 1 / 2) * 4294967296) | 0); }
        K.push((Math.pow(n, 1 / 3) * 4294967296) | 0);
      }
      n++;
    }
  }());
  var W = [];

  function block(state, bytes, at) {
    var a = state[0], b = state[1], c = state[2], e4 = state[3], e = state[4], f = state[5];
    var g = state[6], h = state[7], i, x, y, t1, t2;
    for (i = 0; i < 64; i++) {
      if (i < 16) {
        W[i] = (bytes[at + 4 * i] << 24) | (bytes[at + 4 * i + 1] << 16) |
          (bytes[at + 4 * i + 2] << 8) | bytes[at + 4 * i + 3];
      } else {
        x = W[i - 15]; y = W[i - 2];
        W[i] = (W[i - 16] + W[i - 7] +
          (((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3)) +
          (((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10))) | 0;
      }
      t1 = (h + (((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))) +
        ((e & f) ^ (~e & g)) + K[i] + W[i]) | 0;
      t2 = ((((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))) +
        ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g; g = f; f = e; e = (e4 + t1) | 0; e4 = c; c = b; b = a; a = (t1 + t2) | 0;
    }
    return [(state[0] + a) | 0, (state[1] + b) | 0, (state[2] + c) | 0, (state[3] + e4) | 0,
      (state[4] + e) | 0, (state[5] + f) | 0, (state[6] + g) | 0, (state[7] + h) | 0];
  }
  /* The whole blocks of the text's beginning never change: they are hashed once. */
  function ready(prefix) {
    var bytes = [], state = H.slice(), at, i;
    for (i = 0; i < prefix.length; i++) { bytes.push(prefix.charCodeAt(i)); }
    for (at = 0; at + 64 <= bytes.length; at += 64) { state = block(state, bytes, at); }
    return { state: state, rest: bytes.slice(at), length: bytes.length };
  }
  function firstWord(start, number) {
    var bytes = start.rest.slice(), state = start.state, bits = (start.length + number.length) * 8, i;
    for (i = 0; i < number.length; i++) { bytes.push(number.charCodeAt(i)); }
    bytes.push(128);
    while (bytes.length % 64 !== 56) { bytes.push(0); }
    bytes.push(0, 0, 0, 0, (bits >>> 24) & 255, (bits >>> 16) & 255, (bits >>> 8) & 255, bits & 255);
    for (i = 0; i < bytes.length; i += 64) { state = block(state, bytes, i); }
    return state[0] >>> 0;
  }

  var found = [], number = 0, start = ready(challenge + ':0:');
  function go() {
    var until = Date.now() + SLICE;
    while (Date.now() < until) {
      if (firstWord(start, String(number)) < limit) {
        found.push(number);
        if (found.length === pieces) { send(); return; }
        number = -1;
        start = ready(challenge + ':' + found.length + ':');
      }
      number++;
    }
    w.setTimeout(go, 0);
  }
  function send() {
    var buttons = form.querySelectorAll('button[name=action]');
    field.value = found.join('.');
    d.documentElement.setAttribute('data-work', 'done');
    if (buttons.length) { buttons[buttons.length - 1].click(); }
  }
  w.setTimeout(go, 0);
}(document, window));
