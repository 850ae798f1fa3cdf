"""The words of the region's report: plain French, for people who never saw a button.

Separate because translators and spelling checkers want the words in one place. Pure.
"""

from __future__ import annotations

TITLE = "Rapport anonyme d'expérimentation"
PERIOD = "Période : du {first} au {last}"
WITHHELD = "n. c."
HEAD = ("Ce qui est compté", "Nombre")

# (heading, keys of its lines)
SECTIONS: list[tuple[str, list[str]]] = [
    ("Boutons", ["devices_out", "failures"]),
    ("Alertes", ["alerts_and_falls", "alerts", "falls"]),
    ("Suites", ["false_alarms", "other"]),
    (
        "Délai jusqu'au premier message accepté par le réseau",
        ["within_10", "within_30", "within_60", "later", "never"],
    ),
]

LABELS = {
    "devices_out": "Boutons remis, au dernier jour de la période",
    "failures": "Pannes constatées",
    "alerts_and_falls": "Alertes, en tout",
    "alerts": "dont lancées en appuyant sur le bouton",
    "falls": "dont chutes signalées par le bouton seul",
    "false_alarms": "Fausses alertes",
    "other": "Autres alertes",
    "within_10": "10 secondes ou moins",
    "within_30": "de 11 à 30 secondes",
    "within_60": "de 31 à 60 secondes",
    "later": "plus de 60 secondes",
    "never": "aucun message accepté",
}

NOTES = [
    "« n. c. » : non communiqué. Un nombre inférieur à 5, zéro compris, n'est jamais donné : il "
    "pourrait faire reconnaître une personne. D'autres nombres sont retirés avec lui, pour qu'on "
    "ne puisse pas le retrouver par soustraction. Si moins de 5 boutons ont été relevés pendant "
    "la période, aucune alerte et aucune panne n'est comptée ici.",
    "Les alertes sont comptées le jour où l'association les relève sur le bouton, lors d'une "
    "visite. Une période n'est publiée qu'une fois terminée ; les périodes ne se chevauchent pas "
    "et ne sont pas additionnées ici.",
    "« Fausses alertes » : la porteuse ou ses proches ont dit, après coup, qu'il n'y avait pas "
    "lieu d'alerter. « Autres alertes » : toutes celles dont cela n'a pas été dit.",
    "Ce rapport ne contient aucun nom, aucun numéro, aucun lieu, aucune date d'alerte, et rien "
    "qui se rapporte à un seul bouton. Un message accepté par le réseau n'est pas encore un "
    "message lu.",
]
