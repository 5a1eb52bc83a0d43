"""Which records mean the same: field-wise comparison, weights learnt without a known truth, one probability.

The method is that of I. P. Fellegi and A. B. Sunter, "A theory for record linkage", *JASA* 64(328), 1969, pp. 1183–1210.
Every field of a pair is put on a level of agreement; a level speaks for a match as much as it is more frequent among
matches (m) than among others (u). The m are found by expectation and maximisation, as W. E. Winkler, "Using the EM
algorithm for weight computation in the Fellegi–Sunter model of record linkage", *Proc. Survey Research Methods, ASA*,
1988; a shared rare name says more than a shared frequent one, as in his "Frequency-based matching in Fellegi–Sunter
model of record linkage", 1989. What is missing is no evidence.

`kinds` compares values, `weights` has the model that both the entry of one record and the scan of all use, `learning`
finds it, `finding` scans. numpy is needed by `columns`, `vectors`, `blocking`, `learning` and `finding` only.
"""
