"""The words of the hand-over record, French first.

Separate so that every word of what is signed can be corrected in one place. Pure.
"""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "title": ("Fiche de remise", "Hand-over record"),
    "lead": (
        "À garder sous clé à l'association. Ni nom ni numéro : un dossier, un objet, deux "
        "derniers chiffres.",
        "To be kept locked up at the association. No name, no number: a case, an object, last two "
        "digits.",
    ),
    "association": ("Association", "Association"),
    "case": ("Dossier", "Case"),
    "date": ("Date", "Date"),
    "item": ("Objet", "Object"),
    "things": ("Remis", "Handed over"),
    "device": ("Appareil", "Device"),
    "devid": ("Numéro de l'appareil", "Device number"),
    "board": ("Carte", "Board"),
    "version": ("Logiciel", "Firmware"),
    "firmware": ("Empreinte du logiciel (SHA-256)", "Fingerprint of the firmware (SHA-256)"),
    "modem": ("Modem", "Modem"),
    "sim": ("Carte SIM, deux derniers chiffres", "SIM, last two digits"),
    "key": ("Clé de cette remise, empreinte", "Key of this hand-over, fingerprint"),
    "registry": ("Registre à horodater (SHA-256)", "Registry, to be time-stamped (SHA-256)"),
    "next_seal": ("Prochain sceau", "Next seal"),
    "read_aloud": (
        "empreinte lue à voix haute par deux personnes",
        "fingerprint read aloud by two people",
    ),
    "contacts": ("Personnes prévenues", "People who are told"),
    "number": ("Numéro", "Number"),
    "roles": ("Rôles", "Roles"),
    "confirmed": ("OUI et code reçus", "OUI and code received"),
    "briefed": ("Page expliquée", "Page explained"),
    "due": ("À confirmer de nouveau avant le", "To be confirmed again before"),
    "never": (
        "vérifié : ni son propre numéro, ni un numéro qu'elle a désigné comme le sien à lui",
        "checked: neither her own number nor one that she named as his",
    ),
    "gestures": ("Gestes répétés ensemble", "Gestures rehearsed together"),
    "no_pattern": (
        "Son geste d'annulation ne s'écrit pas, ici non plus.",
        "Her own cancel gesture is never written down, nor is it here.",
    ),
    "chosen": ("Réglages choisis", "Settings chosen"),
    "recording": ("Enregistrement sonore", "Sound recording"),
    "recording_fall": ("aussi après une chute", "after a fall as well"),
    "preroll": ("son gardé avant l'appui", "sound kept from before the press"),
    "falls": ("Détection de chute", "Fall detection"),
    "profile": ("Profil", "Profile"),
    "consent": (
        "Elle a choisi elle-même d'enregistrer, après explication ; elle peut changer d'avis à "
        "tout moment.",
        "She chose to record herself, after it was explained; she may change her mind at any "
        "time.",
    ),
    "tests": ("Essais avant la remise", "Tests before hand-over"),
    "selftest": ("Auto-examen", "Self-test"),
    "test_recording": ("Enregistrement d'essai déchiffré", "Test recording decrypted"),
    "room": ("Place restante", "Room left"),
    "explained": ("Expliqué", "Explained"),
    "signatures": ("Signatures", "Signatures"),
    "hers": ("La personne qui porte l'objet", "The person who wears it"),
    "ours": ("Pour l'association", "For the association"),
    "second": ("Seconde personne (empreinte)", "Second person (fingerprint)"),
    "return": ("Retour", "Return"),
    "returned": ("Rendu le", "Returned on"),
    "collected": ("Enregistrements recueillis", "Recordings collected"),
    "wiped": ("Effacé", "Wiped"),
    "destroyed": ("Clé privée détruite", "Private key destroyed"),
    "yes": ("oui", "yes"),
    "no": ("non", "no"),
}
EXPLAINED: list[tuple[str, str]] = [
    (
        "il ne remplace ni le 17 ni un plan de sécurité",
        "it replaces neither the police nor a safety plan",
    ),
    (
        "un SMS peut tarder ou se perdre ; sans réseau rien ne part",
        "a text can be late or lost; without a network nothing leaves",
    ),
    (
        "qui l'ouvre peut lire les numéros des contacts",
        "whoever opens it can read the contacts' numbers",
    ),
    (
        "l'avoir sur soi peut être découvert",
        "that she has it may be found out",
    ),
    (
        "perdu ou pris : prévenir l'association aussitôt",
        "lost or taken: tell the association at once",
    ),
]
GESTURES: dict[str, tuple[str, str]] = {
    "watch": ("Veille : deux appuis", "Watch: two presses"),
    "withdraw": (
        "La retirer : un appui long, dans les 10 s",
        "Withdraw it: one long, within 10 s",
    ),
    "danger": ("Danger : trois appuis ou plus", "Danger: three presses or more"),
    "hold": ("Danger : tenir 3 s", "Danger: hold for 3 s"),
    "check": ("Suis-je protégée ? tenir 1 à 2 s", "Am I protected? hold 1 to 2 s"),
    "evidence": ("Preuve seule : court, puis 2 s", "Evidence only: short, then 2 s"),
    "fall_cancel": ("Chute, tout va bien : deux appuis", "Fall, all is well: two presses"),
    "decoy": ("L'annulation leurre", "The decoy cancel"),
    "cancel": ("Son annulation à elle", "Her own cancel"),
}
ROLES: dict[str, tuple[str, str]] = {
    "danger": ("danger", "danger"),
    "watch": ("veille", "watch"),
    "technical": ("technique", "technical"),
}
PROFILES: dict[str, tuple[str, str]] = {
    "cohabiting": ("vit avec lui", "lives with him"),
    "separated": ("séparée", "separated"),
    "health": ("santé", "health"),
}
FINDINGS: dict[str, tuple[str, str]] = {
    "battery": ("batterie", "battery"),
    "modem": ("modem", "modem"),
    "registered": ("réseau", "network"),
    "gnss": ("GNSS", "GNSS"),
    "accelerometer": ("accéléromètre", "accelerometer"),
    "microphone": ("microphone", "microphone"),
    "motor": ("vibreur", "motor"),
    "storage": ("mémoire", "storage"),
    "contacts": ("contacts", "contacts"),
    "recording": ("enregistrement", "recording"),
}
