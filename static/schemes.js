/* The editor of schemes: sums follow what is typed. Without it sums are shown after saving. */
(function (d) {
  'use strict';
  var MILLION = 1e6;
  var NUMBER = /^\s*[+-]?\d+(\.\d+)?\s*$/;

  function parts(id) {
    var found = [], all = d.querySelectorAll('[data-part]');
    for (var i = 0; i < all.length; i++) {
      if (all[i].getAttribute('data-part') === id) { found.push(all[i]); }
    }
    return found;
  }
  function add(output) {
    var sum = 0, fields = parts(output.getAttribute('data-total'));
    for (var i = 0; i < fields.length; i++) {
      var text = fields[i].value;
      if (text.replace(/\s/g, '') === '') { continue; }
      if (!NUMBER.test(text)) { return null; }
      sum += Math.round(parseFloat(text) * MILLION);
    }
    return String(sum / MILLION);
  }
  function show(output) {
    var sum = add(output), wanted = output.getAttribute('data-wanted');
    var text = sum === null ? '—' : sum;
    if (output.textContent !== text) { output.textContent = text; }
    output.className = wanted && sum !== wanted ? 'wrong' : '';
  }
  d.addEventListener('input', function (event) {
    var id = event.target.getAttribute && event.target.getAttribute('data-part');
    var totals = d.querySelectorAll('output[data-total]');
    for (var i = 0; id && i < totals.length; i++) {
      if (totals[i].getAttribute('data-total') === id) { show(totals[i]); }
    }
  });
}(document));
