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
  var W = [], S = [], B = [], i;
  for (i = 0; i < 64; i++) { W.push(0); B.push(0); }

  /* One block of bytes, B, into the state S. Nothing is made anew in here: it runs 100 000 times. */
  function block() {
    var a = S[0], b = S[1], c = S[2], d4 = S[3], e = S[4], f = S[5], g = S[6], h = S[7];
    var n, x, y, t1, t2;
    for (n = 0; n < 64; n++) {
      if (n < 16) {
        x = 4 * n;
        W[n] = (B[x] << 24) | (B[x + 1] << 16) | (B[x + 2] << 8) | B[x + 3];
      } else {
        x = W[n - 15]; y = W[n - 2];
        W[n] = (W[n - 16] + W[n - 7] +
          (((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3)) +
          (((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10))) | 0;
      }
      t1 = (h + (((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))) +
        ((e & f) ^ (~e & g)) + K[n] + W[n]) | 0;
      t2 = ((((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))) +
        ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g; g = f; f = e; e = (d4 + t1) | 0; d4 = c; c = b; b = a; a = (t1 + t2) | 0;
    }
    S[0] = (S[0] + a) | 0; S[1] = (S[1] + b) | 0; S[2] = (S[2] + c) | 0; S[3] = (S[3] + d4) | 0;
    S[4] = (S[4] + e) | 0; S[5] = (S[5] + f) | 0; S[6] = (S[6] + g) | 0; S[7] = (S[7] + h) | 0;
  }
  /* What stands before the number fills whole blocks, which are hashed once. */
  function ready(head) {
    var n;
    while (head.length % 64) { head += '.'; }
    S = H.slice();
    for (i = 0; i < head.length; i += 64) {
      for (n = 0; n < 64; n++) { B[n] = head.charCodeAt(i + n); }
      block();
    }
    return { state: S.slice(), bits: head.length * 8 };
  }
  function firstWord(start, number) {
    var text = String(number), bits = start.bits + text.length * 8, n;
    for (n = 0; n < 8; n++) { S[n] = start.state[n]; }
    for (n = 0; n < text.length; n++) { B[n] = text.charCodeAt(n); }
    B[n] = 128;
    for (n++; n < 62; n++) { B[n] = 0; }
    B[62] = (bits >>> 8) & 255;
    B[63] = bits & 255;
    block();
    return S[0] >>> 0;
  }

  var found = [], number = 0, start = ready(challenge + ':0:');
  function go() {
    var until = Date.now() + SLICE, n;
    while (Date.now() < until) {
      for (n = 0; n < 64; n++) {
        if (firstWord(start, number++) < limit) {
          found.push(number - 1);
          if (found.length === pieces) { send(); return; }
          number = 0;
          start = ready(challenge + ':' + found.length + ':');
        }
      }
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
