"""Every text that leaves the button, in French: its own file, because only hers is loaded.

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
    WATCH: "{name} n'est pas tranquille[, {press}]. Restez joignable, ne l'appelez pas. "
    "{place}.[ Bat {battery}%.][ {reply}]",
    DANGER: "DANGER {name}[ {press}]. Appelez le 17, lisez-leur ce lieu. Ne l'appelez pas. "
    "{place}.[ Bat {battery}%.][ {reply}]",
    # Without a fix the cell comes after the action line, with what to do with it.
    DANGER + "?": "DANGER {name}[ {press}]. Appelez le 17. Ne l'appelez pas. "
    "Lieu inconnu[, antenne {cell}, dites-la au 17]. Lieu suivra.[ Bat {battery}%.][ {reply}]",
    FALL: "CHUTE {name}[ {press}], pas de réaction. Appelez le 112, lisez ce lieu. "
    "Ne l'appelez pas. {place}.[ {reply}]",
    REFINED: "{name}, lieu plus précis: {place}. Alerte en cours, donnez-le au 17."
    "[ Bat {battery}%.][ Code {code}]",
    TRACK: "{name}, suivi {count}: {place}. L'alerte continue.[ Bat {battery}%.][ Code {code}]",
    CANCELLED: "{name} a annulé[ à {when}] l'alerte[ de {press}]. Vérifiez DE VIVE VOIX avec le "
    "mot convenu. Pas de mot, ou doute: appelez le 17.",
    DURESS: "{name}: annulation peut-etre FORCEE[ à {when}]. DANGER: appelez le 17, "
    "ne l'appelez pas. {place}",
    LOW_BATTERY: "Rappel objet {item}: batterie {battery}%, à recharger aujourd'hui. "
    "Message automatique.",
    BATTERY_OUT: "{name}: batterie vide[ à {when}], le suivi cesse. L'alerte N'EST PAS levée, "
    "appelez le 17. {place}",
    TEST: "TEST, aucun danger. Bouton de {name}: enregistrez ce numéro dans vos contacts, puis "
    "répondez OUI {code} si vous acceptez d'etre prévenu. Sinon répondez NON.",
    END: "{name}: fin du suivi[ à {when}] (durée maximale). Ce N'EST PAS un retour au calme. "
    "Si personne ne lui a parlé, appelez le 17.[ Code {code}]",
    SWITCHED_ON: "{name}: bouton rallumé[ à {when}]. L'alerte[ du {press}] N'EST PAS levée, "
    "appelez le 17. {place}",
    WATCH_END: "{name}: fin de la veille[ de {press}][, à {when}]. Plus de suivi. Si vous ne "
    "l'avez pas eue de vive voix, prenez de ses nouvelles comme convenu.",
    WITNESS: "{code}",
    "place": "{link} +/-{radius}m[ à {fix_at}]",
    "place?": "Lieu inconnu[, antenne {cell}]",
    "reply": "Répondez OK",
    "reply, short": "Rép. OK",
}
