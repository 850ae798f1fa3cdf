"""The words of the page for her contacts, French first; the messages themselves: messages.py.

Separate so that people who know this violence can correct every word in one place. {name} is what
she is called in the messages (never after a word that French shortens before a vowel), {button}
the last digits of the button's number. Pure.
"""

from __future__ import annotations

from kit.handover_sheet import messages as m

HEAD: dict[str, tuple[str, str]] = {
    "title": ("Que faire quand le bouton vous écrit", "What to do when the button writes to you"),
    "lead": (
        "Vous êtes une des personnes choisies par {name}. En danger, elle presse un petit bouton, "
        "qui vous écrit par SMS, sans son téléphone. Gardez cette page chez vous, hors de vue : "
        "qui la menace ne doit pas savoir que le bouton existe.",
        "You are one of the people chosen by {name}. In danger she presses a small button, which "
        "writes to you by text, without her phone. Keep this page at home, out of sight: whoever "
        "threatens her must not know that the button exists.",
    ),
    "today": ("Aujourd'hui", "Today"),
    "when": ("Quand un message arrive", "When a message comes"),
    "texts": ("Les messages, mot pour mot", "The messages, word for word"),
    "know": ("Bon à savoir", "Good to know"),
    "do": ("Ce que vous faites", "What you do"),
    "message": ("Ce que vous lisez", "What you read"),
    "association": ("Association, téléphone :", "Association, telephone:"),
    "given": ("Expliqué le :", "Explained on:"),
    "example": (
        "Exemple : l'alerte est de 21:42. Heures, lieu et codes seront autres.",
        "An example: the alert is of 21:42. Times, place and codes will differ.",
    ),
}

TODAY: list[tuple[str, str]] = [
    (
        "Enregistrez le numéro du bouton{button} dans vos contacts, sous un nom banal, et laissez "
        "ses messages sonner, la nuit aussi.",
        "Save the button's number{button} in your contacts, under an everyday name, and let its "
        "messages sound, at night too.",
    ),
    (
        "Répondez OUI et le code du message TEST. Sans cette réponse, rien ne vous sera envoyé.",
        "Reply OUI and the code of the TEST message. Without it nothing will be sent to you.",
    ),
    (
        "Convenez d'un mot avec {name}, à voix haute. Ne l'écrivez nulle part, pas ici.",
        "Agree on a word with {name}, aloud. Write it nowhere, not here.",
    ),
]
WHEN: list[tuple[str, str]] = [
    (
        "Appelez tout de suite le 17 (danger) ou le 112 (chute), même si d'autres le font. Dites "
        "qui elle est, qui la menace, et lisez le lieu.",
        "Call 17 (danger) or 112 (fall) at once, even if others do. Say who she is, who threatens "
        "her, and read out the place.",
    ),
    (
        "N'appelez pas {name} et ne lui écrivez pas : son téléphone peut la trahir.",
        "Do not call {name}, do not write to her: her phone may betray her.",
    ),
    (
        "N'y allez pas seul. Ne prévenez pas, n'affrontez pas qui la menace.",
        "Do not go there alone. Do not warn or face whoever threatens her.",
    ),
    (
        "Répondez OK au bouton{felt}. Personne ne peut écouter par lui : il refuse tout appel.",
        "Reply OK to the button{felt}. Nobody can listen through it: it rejects every call.",
    ),
    (
        "N'effacez et ne transférez aucun message.",
        "Delete none of the messages, forward none.",
    ),
]
FELT = (" : {name} le sent, et le suivi va à vous", ": {name} feels it, and you get what follows")
UNFELT = (" : le suivi va à vous", ": you get what follows")

ACTIONS: dict[str, tuple[str, str]] = {
    m.TEST: (
        "À la remise. Répondez OUI et le code reçu.",
        "At hand-over. Reply OUI and the code you got.",
    ),
    m.WATCH: (
        "Une ou deux personnes seulement. Soyez prêt à appeler le 17 ; répondez OK.",
        "One or two people only. Be ready to call 17; reply OK.",
    ),
    m.DANGER: (
        "Appelez le 17, lisez le lieu. Puis répondez OK.",
        "Call 17, read out the place. Then reply OK.",
    ),
    m.NO_FIX: (
        "Appelez quand même. L'antenne dit au 17 le quartier.",
        "Call all the same. The cell tells the police the area.",
    ),
    m.FALL: (
        "Appelez le 112, lisez le lieu. Le bouton peut se tromper : appelez quand même.",
        "Call 112, read out the place. The button can be wrong: call all the same.",
    ),
    m.REFINED: (
        "Rappelez le 17 et donnez ce lieu.",
        "Call 17 again and give this place.",
    ),
    m.TRACK: (
        "Le dernier lieu est le bon : lisez-le si on vous le demande.",
        "The last place counts: read it out when asked.",
    ),
    m.CANCELLED: (
        "Parlez-lui, demandez le mot. Pas de mot, pas de réponse, un doute : le 17.",
        "Speak to her, ask for the word. No word, no answer, any doubt: 17.",
    ),
    m.DURESS: (
        "On l'a peut-être forcée. Le danger dure : appelez le 17.",
        "She may have been forced. The danger goes on: call 17.",
    ),
    m.ON_AGAIN: (
        "Le bouton était éteint. Le danger dure : appelez le 17.",
        "The button was off. The danger goes on: call 17.",
    ),
    m.END: (
        "Plus rien ne viendra. Si personne ne lui a parlé : le 17.",
        "Nothing more will come. If nobody has spoken to her: 17.",
    ),
    m.WATCH_END: (
        "Ce n'est pas une bonne nouvelle, seulement la fin du délai.",
        "Not good news, only the end of the time.",
    ),
}

KNOW: list[tuple[str, str]] = [
    (
        "Le lieu : les deux nombres après « q= » se lisent au téléphone sans ouvrir le lien ; qui "
        "l'ouvre l'apprend à Google. « +/-25m » : à 25 m près. « à 21:41 » : quand elle y était.",
        "The place: the two numbers after “q=” can be read out without opening the link; opening "
        "it tells Google. “+/-25m”: to within 25 m. “at 21:41”: when she was there.",
    ),
    (
        "« (2) » en tête : renvoyé, peut-être en double. Un SMS peut tarder ou se perdre ; aucun "
        "message ne veut pas dire aucun danger.",
        "“(2)” in front: sent again, perhaps twice. A text can be late or lost; no message does "
        "not mean no danger.",
    ),
]
CODE = (
    "Le « Code » : l'empreinte de ce que le bouton enregistre. Gardé sur votre téléphone, il aide "
    "à montrer plus tard que rien n'a été changé. Vous n'avez rien d'autre à en faire.",
    "The “Code”: the fingerprint of what the button records. Kept on your phone, it helps to show "
    "later that nothing was changed. You need do nothing else with it.",
)
KNOW_LAST = (
    "Nouveau numéro, nouveau téléphone, ou vous ne voulez plus : dites-le à l'association. "
    "On vous redemande votre accord tous les 90 jours.",
    "New number, new phone, or you no longer want this: tell the association. You are asked "
    "again every 90 days.",
)
