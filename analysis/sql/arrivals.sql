SELECT link, bin, CAST(SUM(n) AS BIGINT) AS n FROM arrivals_$round GROUP BY link, bin
