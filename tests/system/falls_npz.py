"""Small files of recordings for tests, in the format of GALET_DATA/falls, and what is in them."""

import numpy as np

RATE = 200
ONE_G = 250  # counts; a count is 4 mg


def still(seconds):
    """Lying or standing: gravity on one axis."""
    mg = np.zeros((round(seconds * RATE), 3), np.int16)
    mg[:, 1] = ONE_G
    return mg


def bump(counts, at_s, peak_g, for_s=0.1):
    """The same with an impact in it."""
    begin = round(at_s * RATE)
    counts = counts.copy()
    counts[begin : begin + round(for_s * RATE), 0] = round(peak_g * ONE_G)
    return counts


def turned(counts, at_s):
    """The same with gravity on another axis from then on."""
    counts = counts.copy()
    begin = round(at_s * RATE)
    counts[begin:] = counts[begin:, [1, 2, 0]]
    return counts


def row(counts, activity, subject="A", age=25, trial=1, placement="waist"):
    return {
        "counts": counts,
        "activity": activity,
        "subject": subject,
        "age": age,
        "trial": trial,
        "placement": placement,
    }


def save(path, rows, **changes):
    """Write them; changes: fields of the file in place of ours, None: left out."""
    counts = np.concatenate([one["counts"] for one in rows])
    steps = np.diff(counts.astype(np.int32), axis=0, prepend=0).astype(np.uint16)
    fields = {
        "lo": (steps & 255).astype(np.uint8).T.copy(),
        "hi": (steps >> 8).astype(np.uint8).T.copy(),
        "length": np.array([len(one["counts"]) for one in rows], np.int32),
        "scale_mg": np.float64(4),
        "range_g": np.full(len(rows), 16, np.float32),
        "rate": np.full(len(rows), RATE, np.float32),
        "is_fall": np.array([one["activity"].startswith("F") for one in rows]),
        "sex": np.array(["F"] * len(rows)),
        "note": np.array("made by a test"),
        **{
            name: np.array([one[name] for one in rows])
            for name in ("subject", "activity", "trial", "placement", "age")
        },
        **changes,
    }
    np.savez_compressed(
        path, **{name: value for name, value in fields.items() if value is not None}
    )
    return path
