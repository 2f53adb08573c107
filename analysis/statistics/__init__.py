"""Statistical methods, one in a file, on numpy arrays: how far a figure can be trusted.

Nothing here changes a score of record. Every method is a pure function without a dependency on the
order of rows; what is random takes an explicit seed. Degenerate input gives a stated answer
(`Estimate` with a note) or `NoEstimate`, never a NaN.

`intervals` for shares and bounded scores · `robust` trimmed and Winsorised means · `comparisons`
change and many comparisons · `design` sampling designs, means, shares, replication · `weights`
post-stratification, raking, calibration, trimming, non-response · `agreement` of raters and
generalisability · `raters` severity, crossed effects, many-facet models · `items` of a
questionnaire · `response_quality` careless and abusive answers · `ranks` rank sets, grades,
shrinkage · `composites` transforms and sensitivity · `planning` sample sizes and draws.
"""
