"""The words of the reports: headings and labels, French first.

Separate so that a page is laid out once, and so that somebody who knows the law and the language
can correct every word in one place. Longer texts: prose.py. Pure.
"""

from __future__ import annotations

GRADES: dict[str, tuple[str, str]] = {
    "A": (
        "Clos et scellé jusqu'à sa fin ; rien ne manque de ce qui a été examiné.",
        "Closed and sealed to its end; nothing is missing of what was examined.",
    ),
    "B": (
        "Scellé jusqu'à un certain segment, non clos. Ce qui suit ne repose que sur une clé que "
        "l'association partage.",
        "Sealed up to some segment, not closed. What follows rests on a key that the association "
        "shares.",
    ),
    "B0": (
        "Aucun sceau : tout ne repose que sur une clé que l'association partage.",
        "No seal: all of it rests on a key that the association shares.",
    ),
    "B without key": (
        "Scellé jusqu'à un certain segment. Contenu non examiné, faute de clé : si "
        "l'enregistrement est clos, et si quelque chose suit, n'a pas pu être vu.",
        "Sealed up to some segment. Contents not examined for want of a key: whether the "
        "recording is closed, and whether anything follows, could not be seen.",
    ),
    "C without key": (
        "Scellé, sauf ce qui est nommé. Contenu non examiné, faute de clé.",
        "Sealed except what is named. Contents not examined for want of a key.",
    ),
    "C": (
        "Authentique, sauf ce qui est nommé.",
        "Authentic except what is named.",
    ),
    "D": (
        "Non établi. Rien de ce qui se trouve dans ce fichier ne peut être tenu pour authentique.",
        "Not established. Nothing in this file can be taken to be authentic.",
    ),
}

PHRASES: dict[str, tuple[str, str]] = {
    "language": ("Français", "English"),
    "complete": ("Rapport complet", "Complete report"),
    "served": ("Rapport à communiquer", "Report to be served"),
    "complete_for": (
        "Pour la personne qui a enregistré et son conseil. Il contient des lieux, des numéros et "
        "des noms : ne pas le remettre à l'autre partie.",
        "For the person who recorded and her lawyer. It holds places, numbers and names: do not "
        "hand it to the other side.",
    ),
    "served_for": (
        "Pour l'autre partie et son expert. Ni lieu, ni numéro, ni antenne, ni nom n'y figurent ; "
        "ce qui est retenu est désigné par son empreinte.",
        "For the other side and its expert. No position, number, cell or name is in it; what is "
        "withheld is named by its hash.",
    ),
    "sound_whole": (
        "Le son est entier, jusqu'à la fin fixée par l'appareil.",
        "The sound is whole, up to the end that the device set.",
    ),
    "sound_part": (
        "Le son est donné tel qu'il a pu être lu, sans coupe ; ce qui est perdu ou manque est "
        "nommé.",
        "The sound is given as far as it could be read, uncut; what is lost or missing is named.",
    ),
    "sound_none": ("Aucun son n'est communiqué ici.", "No sound is given here."),
    "recording": ("Enregistrement n°", "Recording no."),
    "device": ("Appareil", "Device"),
    "unknown": ("inconnu", "unknown"),
    "grade": ("Grade", "Grade"),
    "begin": ("Début", "Beginning"),
    "trigger": ("Déclenchement", "Trigger"),
    "end": ("Fin", "End"),
    "duration": ("Durée", "Duration"),
    # result
    "result": ("Résultat", "Result"),
    "whole": ("Le fichier entier", "The whole file"),
    "part": ("Partie communiquée", "Disclosed part"),
    "not_examined": ("Non examiné", "Not examined"),
    "not_examined_text": (
        "ni absent, ni authentique : seules les empreintes scellées ont été vues.",
        "neither absent nor authentic: only its sealed heads were seen.",
    ),
    "stamp_of_d": (
        "NON ÉTABLI : ce qui est montré ci-dessous ne l'est que pour information.",
        "NOT ESTABLISHED: what is shown below is shown for information only.",
    ),
    "withheld_of_d": (
        "L'authenticité n'est pas établie : aucun contenu n'est communiqué.",
        "Authenticity is not established: no content is disclosed.",
    ),
    "no_contents": (
        "Contenu non examiné : aucune clé n'a été donnée, ou aucun segment n'a pu être lu.",
        "Contents not examined: no key was given, or no segment could be read.",
    ),
    "remarks": ("Remarques", "Remarks"),
    "no_remarks": ("Aucune remarque.", "No remark."),
    "remarks_note": (
        "Une remarque est à peser par le lecteur ; elle ne change jamais le grade.",
        "A remark is for the reader to weigh; it never changes the grade.",
    ),
    "class": ("Classe", "Class"),
    "segments": ("Segments authentiques", "Authentic segments"),
    "sealed_to": ("Scellés jusqu'au n°", "Sealed up to no."),
    "shared_only": ("Par la seule clé partagée", "By the shared key only"),
    "bad": ("Non authentiques", "Not authentic"),
    "missing": ("Absents", "Missing"),
    "none": ("aucun", "none"),
    "sectors": ("Secteurs nommés", "Named sectors"),
    "foreign": ("étrangers", "foreign"),
    "unreadable": ("illisibles", "unreadable"),
    "repeated": ("en double", "standing twice"),
    "displaced": ("déplacés", "displaced"),
    "failed": (
        "écritures manquées, répétées par l'appareil",
        "failed writes, repeated by the device",
    ),
    "unfinished": ("inachevé (dernier)", "unfinished (the last one)"),
    "bad_seals": ("sceaux non valides", "seals that do not verify"),
    "before_this": ("Enregistrement précédent", "Recording before"),
    "previous_found": ("présent dans le fichier", "in this file"),
    "previous_missing": ("absent de ce fichier", "not in this file"),
    "previous_none": ("aucun : c'est le premier", "none: this is the first"),
    "void": ("Numéros sans enregistrement", "Numbers without a recording"),
    # sound
    "sound": ("Son", "Sound"),
    "no_sound": ("Aucun son n'a pu être lu.", "No sound could be read."),
    "sound_impossible": (
        "Le son n'a pas pu être reconstitué : un bloc dit se trouver au-delà de tout "
        "enregistrement possible.",
        "The sound could not be put together: a block claims a place beyond any recording.",
    ),
    "wav": ("Fichier son", "Sound file"),
    "wav_note": (
        "WAV sans perte de tout ce qui a pu être lu, sans filtre ni coupe. Tout échantillon perdu "
        "est remplacé par un silence de même durée.",
        "Lossless WAV of all that could be read, neither filtered nor cut. Each lost sample is "
        "silence of the same length.",
    ),
    "rate": ("Échantillons par seconde", "Samples a second"),
    "gain": ("Gain", "Gain"),
    "preroll": ("Son gardé d'avant le déclenchement", "Sound kept from before the trigger"),
    "samples": ("Échantillons présents", "Samples that are here"),
    "lost": (
        "Échantillons perdus (comptés par l'appareil)",
        "Samples lost (counted by the device)",
    ),
    "missing_samples": (
        "Échantillons manquants (segments absents ou non authentiques)",
        "Samples missing (segments missing or not authentic)",
    ),
    "clipped": ("Échantillons saturés", "Clipped samples"),
    "waveform": ("Forme d'onde", "Waveform"),
    "spectrogram": ("Spectrogramme", "Spectrogram"),
    "wave_legend": (
        "Temps en minutes et secondes depuis le déclenchement (trait épais). Rouge : perdu. Gris "
        ": manquant. Bande du bas : noire, scellé ; orange, par la seule clé partagée.",
        "Time in minutes and seconds since the trigger (thick line). Red: lost. Grey: missing. "
        "Band below: black, sealed; orange, by the shared key only.",
    ),
    "spectrum_legend": (
        "Plus c'est sombre, plus c'est fort (70 dB). Rouge : perdu. Gris : manquant.",
        "The darker, the louder (70 dB). Red: lost. Grey: missing.",
    ),
    "silences": ("Silences qui remplacent des échantillons", "Silences in place of samples"),
    "no_silences": (
        "Aucun échantillon perdu ni manquant entre le premier et le dernier.",
        "No sample is lost or missing between the first and the last.",
    ),
    "from": ("De", "From"),
    "length": ("Durée", "Length"),
    "why": ("Cause", "Cause"),
    "segment_gone": ("segment absent ou non authentique", "segment missing or not authentic"),
    "more_rows": ("autres lignes, comprises dans les totaux", "more lines, counted in the totals"),
    # motion, place
    "motion": ("Mouvement", "Movement"),
    "motion_legend": (
        "Accéléromètre, en g : x trait plein bleu, y tirets bruns, z points verts. Une "
        "interruption du trait : pas de mesure.",
        "Accelerometer, in g: x full blue, y dashed brown, z dotted green. An interrupted line: "
        "no measurement.",
    ),
    "no_motion": ("Aucune mesure de mouvement n'a pu être lue.", "No movement could be read."),
    "class_unexamined": (
        "Cette classe n'a pas été examinée, faute de clé.",
        "This class was not examined for want of a key.",
    ),
    "none_sound": ("Aucun son n'a été enregistré.", "No sound was recorded."),
    "none_motion": (
        "Aucune mesure de mouvement n'a été enregistrée.",
        "No measurement of movement was recorded.",
    ),
    "none_place": ("Aucune position n'a été enregistrée.", "No position was recorded."),
    "log_withheld": (
        "Le journal (réglages, mouvement, gestes, messages) est retenu. Voir « Ce qui est "
        "retenu ».",
        "The log (settings, movement, gestures, messages) is withheld. See “What is withheld”.",
    ),
    "place": ("Lieu", "Place"),
    "place_legend": (
        "Mètres à l'est et au nord de la première position. Cercle : rayon qui contient la "
        "position à 95 % selon le récepteur. Pas de fond de carte.",
        "Metres east and north of the first position. Circle: the radius that holds the position "
        "at 95 %, as the receiver says. No map beneath.",
    ),
    "no_place": ("Aucune position n'a pu être lue.", "No position could be read."),
    "place_withheld": (
        "Les positions et les antennes sont retenues. Voir « Ce qui est retenu ».",
        "Positions and cells are withheld. See “What is withheld”.",
    ),
    "receiver": ("Récepteur", "Receiver"),
    "latitude": ("Latitude", "Latitude"),
    "longitude": ("Longitude", "Longitude"),
    "radius": ("Rayon", "Radius"),
    "sats": ("Satellites", "Satellites"),
    "speed": ("Vitesse", "Speed"),
    # timeline, time
    "timeline": ("Chronologie", "Timeline"),
    "no_timeline": ("Le journal n'a pas été examiné.", "The log was not examined."),
    "since": ("Depuis le déclenchement", "Since the trigger"),
    "utc": ("UTC", "UTC"),
    "what": ("Quoi", "What"),
    "fixed_by": ("Fixé par", "Fixed by"),
    "by_seal": ("sceau", "seal"),
    "by_key": ("clé partagée", "shared key"),
    "time": ("Temps", "Time"),
    "time_note": (
        "L'enregistrement compte les millisecondes depuis le déclenchement. L'heure n'est jamais "
        "exacte : chaque source donne un intervalle.",
        "The recording counts milliseconds since its trigger. Clock time is never exact: each "
        "source gives an interval.",
    ),
    "no_time": ("Aucune source d'heure.", "No source of time."),
    "moment": ("Moment", "Moment"),
    "source": ("Source", "Source"),
    "earliest": ("Au plus tôt", "Earliest"),
    "latest": ("Au plus tard", "Latest"),
    "together": ("toutes ensemble", "all together"),
    "disagree": ("toutes ensemble : elles se contredisent", "all together: they disagree"),
    "readings": ("Relevés", "Readings"),
    # codes, seals
    "codes": ("Codes reçus ailleurs", "Codes received elsewhere"),
    "codes_note": (
        "Un code prouve que ce dont il est l'empreinte existait au plus tard à sa réception.",
        "A code proves that what it is the hash of existed not later than it arrived.",
    ),
    "no_codes": (
        "Aucun code n'a été fourni : un retour de l'appareil à un état antérieur n'est pas exclu.",
        "No code was given: that the device was put back into an earlier state is not excluded.",
    ),
    "code": ("Code", "Code"),
    "received": ("Reçu (UTC)", "Received (UTC)"),
    "by": ("Par", "By"),
    "of": ("Empreinte de", "Hash of"),
    "opening": ("l'ouverture", "the opening"),
    "seal": ("sceau", "seal"),
    "of_nothing": ("rien qui soit ici", "nothing that is here"),
    "seals": ("Sceaux", "Seals"),
    "seals_note": (
        "Chaque sceau est une signature à usage unique (LM-OTS, RFC 8554) sur les trois "
        "empreintes D de tout ce qui précède, par classe.",
        "Each seal is a one-time signature (LM-OTS, RFC 8554) over the three heads D of all that "
        "precedes, by class.",
    ),
    "no_seals": ("Aucun sceau valide.", "No valid seal."),
    "final": ("final", "final"),
    # identity
    "hashes": ("Empreintes et identités", "Hashes and identities"),
    "raw": ("Fichier brut lu (SHA-256)", "Raw file as read (SHA-256)"),
    "raw_name": ("Nom du fichier brut", "Name of the raw file"),
    "raw_stamp": ("Horodatage RFC 3161 du fichier brut", "RFC 3161 stamp of the raw file"),
    "stamp_none": ("aucun fourni", "none given"),
    "stamp_matches": (
        "porte sur ce fichier, {}",
        "is over this file, {}",
    ),
    "authority_unchecked": (
        "la signature de l'autorité n'a PAS été vérifiée",
        "the authority's signature was NOT checked",
    ),
    "authority_signed": (
        "signé par une autorité qui a été donnée",
        "signed by an authority that was given",
    ),
    "authority_other": (
        "signé par AUCUNE des autorités données",
        "signed by NONE of the given authorities",
    ),
    "key_unknown": (
        "n'a PAS été comparée à une empreinte obtenue ailleurs",
        "was NOT compared with a fingerprint obtained elsewhere",
    ),
    "key_same": ("est celle qui a été obtenue ailleurs", "is the one obtained elsewhere"),
    "key_other": (
        "N'EST PAS celle qui a été obtenue ailleurs",
        "is NOT the one obtained elsewhere",
    ),
    "stamp_other": ("NE porte PAS sur ce fichier", "is NOT over this file"),
    "opening_hash": ("Ouverture O", "Opening O"),
    "identifier": ("Identifiant des sceaux I", "Identifier of seals I"),
    "agreement": (
        "Clé de l'association A, SHA-256",
        "The association's key A, SHA-256",
    ),
    "signing": ("Clé qui signe le registre, SHA-256", "Key that signs the registry, SHA-256"),
    "registry": ("Registre, SHA-256", "Registry, SHA-256"),
    "registry_signed": ("Signature du registre", "Signature of the registry"),
    "valid": ("valide", "valid"),
    "invalid": ("NON VALIDE", "NOT VALID"),
    "registry_stamp": ("Horodatage RFC 3161 du registre", "RFC 3161 stamp of the registry"),
    "stamp_registry": (
        "porte sur ce registre, {}",
        "is over this registry, {}",
    ),
    "association": ("Association", "Association"),
    "issued": ("Appareil inscrit le", "Device registered on"),
    "firmware": ("Micrologiciel selon le registre, SHA-256", "Firmware by the registry, SHA-256"),
    "firmware_said": (
        "Micrologiciel selon l'enregistrement (8 octets)",
        "Firmware by the recording (8 bytes)",
    ),
    "not_given": ("non donnée", "not given"),
    "settings_said": (
        "Réglages selon l'enregistrement (8 octets)",
        "Settings by the recording (8 bytes)",
    ),
    "container": ("Secteurs de l'enregistrement", "Sectors of the recording"),
    "disclosed": ("Classe communiquée", "Disclosed class"),
    "tool": ("Programme", "Program"),
    "tool_hash": ("Programme, SHA-256 de ses fichiers", "Program, SHA-256 of its files"),
    "self_test": ("Auto-test avant lecture", "Self-test before reading"),
    "self_test_words": (
        "{} bon et {} falsifiés : verdicts attendus",
        "{} good and {} tampered: verdicts as expected",
    ),
    # custody
    "custody": ("Conservation du fichier", "Custody"),
    "when": ("Quand (UTC)", "When (UTC)"),
    "who": ("Qui", "Who"),
    "before": ("SHA-256 avant", "SHA-256 before"),
    "after": ("SHA-256 après", "SHA-256 after"),
    "custody_none": (
        "Aucun registre de conservation n'a été fourni ; seules les opérations du programme "
        "figurent ici.",
        "No custody record was given; only what the program did stands here.",
    ),
    "custody_broken": (
        "Les empreintes ne se suivent pas aux lignes marquées « ! ».",
        "Hashes do not follow each other in lines marked “!”.",
    ),
    # withheld
    "withheld": ("Ce qui est retenu", "What is withheld"),
    "withheld_in_served": (
        "Ce qui manque dans le rapport à communiquer",
        "What the report to be served does not show",
    ),
    "withheld_class": (
        "Cette classe a été scellée en même temps que le reste. Ses empreintes D, une par sceau, "
        "permettent de prouver plus tard que ce qui serait montré est bien ce qui était scellé. "
        "Elles ne disent ni le nombre, ni la taille, ni l'heure de ce qu'elle contient.",
        "This class was sealed together with the rest. Its heads D, one per seal, can prove later "
        "that what might be shown is what was sealed. They tell neither number, size nor time of "
        "what it holds.",
    ),
    "withheld_words": (
        "Noms, numéros et mots retenus : SHA-256 de 16 octets tirés au sort, suivis du texte en "
        "UTF-8. Ces octets se trouvent dans le rapport complet.",
        "Names, numbers and words that are withheld: SHA-256 of 16 random bytes, then the text in "
        "UTF-8. These bytes stand in the complete report.",
    ),
    "salt": ("Octets tirés au sort", "Random bytes"),
    "label": ("Dans le rapport à communiquer", "In the report to be served"),
    "text": ("Texte", "Text"),
    "name": ("nom", "name"),
    "number": ("numéro", "number"),
    "words": ("mots", "words"),
    # the end
    "method": ("Méthode", "Method"),
    "limits": ("Limites, et ce qui n'est pas affirmé", "Limits, and what is not claimed"),
    "repeat": ("Refaire la vérification", "To repeat the verification"),
    "repeat_complete": (
        "Au bureau de l'association, qui seule détient key.pem et secrets.json (DESK est leur "
        "dossier), en présence de l'expert, dans le dossier de ce rapport :",
        "At the association's desk, which alone holds key.pem and secrets.json (DESK is their "
        "folder), with the expert present, in this report's folder:",
    ),
    "repeat_served": (
        "Dans le dossier de ce rapport, sans l'association :",
        "In this report's folder, without the association:",
    ),
    "repeat_without": (
        "Sans aucune clé, les sceaux seuls :",
        "Without any key, the seals alone:",
    ),
    "repeat_other": (
        "docs/ev1.md décrit le format octet par octet, pour qui préfère écrire son propre "
        "vérificateur. Avant toute chose, comparer l'empreinte de la clé qui signe le registre "
        "avec celle que l'association publie.",
        "docs/ev1.md gives the format byte by byte, for those who would rather write a verifier "
        "of their own. First of all, compare the fingerprint of the key that signs the registry "
        "with the one that the association publishes.",
    ),
}


def phrase(key: str, language: str) -> str:
    """The words of a key; KeyError where there are none."""
    return PHRASES[key][0 if language == "fr" else 1]
