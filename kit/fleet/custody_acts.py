"""What a person may write into a custody log: the words of docs/report.md, "custody.csv".

Separate because command line and log both need them. Pure.
"""

ACTS = ("received", "copied", "stamped", "examined", "stored", "handed over", "returned")
