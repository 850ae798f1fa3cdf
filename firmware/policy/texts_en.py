"""Every text that leaves the button, in English: its own file, because only hers is loaded.

{field}: its value. [...]: left out as a whole when a field inside it is unknown or dropped. The
wording is law (BEHAVIOUR.md section 6). Imports the kinds of texts.py.
"""

from firmware.policy.texts import (
    BATTERY_OUT,
    CANCELLED,
    DANGER,
    DURESS,
    END,
    FALL,
    LOW_BATTERY,
    REFINED,
    SWITCHED_ON,
    TEST,
    TRACK,
    WATCH,
    WATCH_END,
    WITNESS,
)

TEXTS = {
    WATCH: "{name} feels uneasy[, {press}]. Stay reachable, do not call her. "
    "{place}.[ Batt {battery}%.][ {reply}]",
    DANGER: "DANGER {name}[ {press}]. Call 17 or 112, read them this place. Do not call her. "
    "{place}.[ Batt {battery}%.][ {reply}]",
    DANGER + "?": "DANGER {name}[ {press}]. Call 17 or 112. Do not call her. Place unknown"
    "[, cell {cell}, tell the police]. Place to follow.[ Batt {battery}%.][ {reply}]",
    FALL: "FALL {name}[ {press}], no reaction. Call 112, read them this place. "
    "Do not call her. {place}.[ {reply}]",
    REFINED: "{name}, better place: {place}. Alert goes on, give it to 17."
    "[ Batt {battery}%.][ Code {code}]",
    TRACK: "{name}, track {count}: {place}. Alert goes on.[ Batt {battery}%.][ Code {code}]",
    CANCELLED: "{name} cancelled[ at {when}] the alert[ of {press}]. Check BY VOICE with the "
    "agreed word. No word, or any doubt: call 17.",
    DURESS: "{name}: FORCED or unsure cancel[ at {when}]. DANGER GOES ON: call 17 or 112, "
    "do not call her. {place}",
    LOW_BATTERY: "Reminder item {item}: battery {battery}%, charge today. Automatic message.",
    BATTERY_OUT: "{name}: battery empty[ at {when}], tracking stops. The alert is NOT over, "
    "call 17 or 112. {place}",
    TEST: "TEST, no danger. {name}'s button: save this number in your contacts, then reply "
    "OUI {code} if you agree to be warned. If not, reply NON.",
    END: "{name}: tracking ended[ at {when}] (time limit). This does NOT mean she is safe. "
    "If nobody has spoken to her, call 17 or 112.[ Code {code}]",
    SWITCHED_ON: "{name}: button on again[ at {when}]. The alert[ of {press}] is NOT over, "
    "call 17 or 112. {place}",
    WATCH_END: "{name}: watch[ of {press}] ended[ at {when}]. No more tracking. If you have not "
    "heard her voice, check on her as agreed.",
    WITNESS: "{code}",
    "place": "{link} +/-{radius}m[ at {fix_at}]",
    "place?": "Place unknown[, cell {cell}]",
    "reply": "Reply OK",
    "reply, short": "Reply OK",
}
