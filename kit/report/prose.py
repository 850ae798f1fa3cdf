"""Method and limits in plain words, French first.

Separate because every sentence was weighed: what is not known is not said, and what a reader might
wrongly conclude is named. It says nothing about the law of any country. Pure.
"""

from __future__ import annotations

METHOD: dict[str, tuple[str, ...]] = {
    "fr": (
        "L'appareil range ce qu'il capte en trois classes séparées : son, lieu, journal "
        "(réglages, mouvement, gestes, messages). Chaque classe est écrite par segments de 4096 "
        "octets.",
        "Chaque segment est chiffré (AES-256) et authentifié (HMAC-SHA-256) par une clé qui ne "
        "sert qu'à lui et que l'appareil efface aussitôt. Qui prend l'appareil ne peut ni lire ni "
        "changer un segment achevé.",
        "Chaque segment contient l'empreinte SHA-256 du précédent : en changer, en ôter ou en "
        "déplacer un rompt la chaîne.",
        "Après 10 secondes, puis chaque minute et à la fin, l'appareil scelle : il signe, d'une "
        "clé qui ne sert qu'une fois (LM-OTS, RFC 8554), l'empreinte de tout ce qui précède. Les "
        "clés publiques ont été inscrites dans le registre signé à la remise de l'appareil. Même "
        "l'association ne peut fabriquer un sceau.",
        "Un code de 16 caractères tiré de ces empreintes part dans les messages d'alerte : reçu "
        "ailleurs, il montre que l'enregistrement existait à ce moment-là.",
        "Pour ce rapport, le fichier brut a d'abord été copié et son empreinte calculée, avant "
        "tout usage d'une clé. Le programme s'est ensuite éprouvé sur un enregistrement connu et "
        "douze falsifications, puis a tout vérifié dans l'ordre fixé par docs/ev1.md.",
        "Rien n'est affiché ni entendu qui ne vienne d'octets vérifiés. Aucun son n'est retouché. "
        "Ce qui manque est montré comme manquant.",
    ),
    "en": (
        "The device keeps what it records in three separate classes: sound, place, log (settings, "
        "movement, gestures, messages). Each class is written in segments of 4096 bytes.",
        "Each segment is encrypted (AES-256) and authenticated (HMAC-SHA-256) with a key that "
        "serves for it alone and that the device erases at once. Who takes the device can neither "
        "read nor change a finished segment.",
        "Each segment holds the SHA-256 of the one before: to change, remove or move one breaks "
        "the chain.",
        "After 10 seconds, then every minute and at the end, the device seals: it signs the hash "
        "of all that precedes, with a key that serves once (LM-OTS, RFC 8554). The public keys "
        "were entered into the signed registry when the device was handed over. Not even the "
        "association can make a seal.",
        "A code of 16 characters cut from these hashes goes out in the alert messages: received "
        "elsewhere, it shows that the recording existed by then.",
        "For this report the raw file was first copied and hashed, before any key was used. The "
        "program then tested itself on a known recording and twelve forgeries, and verified "
        "everything in the order that docs/ev1.md fixes.",
        "Nothing is shown or heard that does not come from verified bytes. No sound is retouched. "
        "What is missing is shown as missing.",
    ),
}

LIMITS: dict[str, tuple[str, ...]] = {
    "fr": (
        "Ce rapport ne dit pas qui parle.",
        "Il ne dit pas que ce qui est dit est vrai, ni que la scène n'a pas été jouée.",
        "Il ne dit pas que rien ne s'est passé avant ou après.",
        "Il ne donne pas l'heure exacte, mais un intervalle. Codes et horodatages signifient « au "
        "plus tard ».",
        "Une position n'est jamais exacte, et rien n'exclut que les signaux des satellites aient "
        "été imités.",
        "Il ne dit pas que l'appareil, son logiciel ou le bureau qui l'a remis n'ont pas été "
        "altérés : qui l'aurait fait avant l'enregistrement peut tout fausser ensuite.",
        "Qui a copié l'état des sceaux de l'appareil peut fabriquer des enregistrements "
        "ultérieurs ; seuls les codes reçus ailleurs et la garde de l'appareil le montrent.",
        "Qui tient l'appareil en marche peut poursuivre un enregistrement et le clore.",
        "Un fichier non clos n'a pas nécessairement été coupé par quelqu'un : panne de courant, "
        "saisie et suppression de la fin se ressemblent.",
        "Les segments authentifiés par la seule clé partagée auraient pu être faits par qui "
        "détient cette clé, l'association comprise. Une fois une clé de classe communiquée, seuls "
        "l'empreinte du fichier brut et son horodatage, antérieurs, parlent pour eux.",
        "Le hasard dont les clés sont tirées n'est pas certifié.",
        "Ce qui est dit à voix haute s'entend : un nom ou une adresse prononcés ne sont pas "
        "retirés du son.",
        "Le format n'a pas encore été examiné par un cryptologue extérieur au projet.",
        "La recevabilité de cette pièce relève du juge.",
    ),
    "en": (
        "This report does not say who speaks.",
        "It does not say that what is said is true, nor that the scene was not staged.",
        "It does not say that nothing happened before or after.",
        "It gives no exact time, but an interval. Codes and stamps mean “not later than”.",
        "A position is never exact, and nothing excludes that the satellites' signals were "
        "imitated.",
        "It does not say that the device, its software or the desk that handed it over were not "
        "tampered with: who did so before the recording can falsify everything after.",
        "Who has copied the state of the device's seals can make later recordings; only codes "
        "received elsewhere and the custody of the device show it.",
        "Who holds the running device can go on with a recording and close it.",
        "A file that is not closed was not necessarily cut by somebody: loss of power, seizure "
        "and cutting look alike.",
        "Segments authentic by the shared key alone could have been made by who holds that key, "
        "the association included. Once a class key is disclosed, only the hash of the raw file "
        "and its stamp from before speak for them.",
        "The chance that keys are drawn from is not certified.",
        "What is said aloud can be heard: a name or an address that is spoken is not taken out of "
        "the sound.",
        "The format has not yet been reviewed by a cryptographer from outside the project.",
        "Whether this exhibit is admitted is for the court.",
    ),
}
