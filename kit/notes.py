"""What there is to say beside a grade, in both languages: reasons for D, and remarks.

Separate because findings are made in many places and worded in one. A note is a word from this
table with its values; no secret is ever one of them.
"""

from __future__ import annotations

from typing import NamedTuple

CLASSES = {"fr": ("", "son", "lieu", "journal"), "en": ("", "audio", "place", "log")}

CONTRADICTIONS = ("codes", "codes_or_cut")  # of codes that carry a recording's number


class Note(NamedTuple):
    """code: of the table. class_: 0 where it is of none. values: for the places in the text."""

    code: str
    class_: int = 0
    values: tuple[object, ...] = ()

    def text(self, language: str) -> str:
        words = TEXTS[self.code][0 if language == "fr" else 1].format(*self.values)
        if not self.class_:
            return words
        name = CLASSES[language][self.class_]
        return f"{name} : {words}" if language == "fr" else f"{name}: {words}"

    def __str__(self) -> str:
        return self.text("en")


TEXTS: dict[str, tuple[str, str]] = {
    # registry, opening, keys
    "registry_signature": (
        "la signature du registre n'est pas valide",
        "the registry's signature does not hold",
    ),
    "registry_stamp": (
        "l'horodatage du registre porte sur autre chose",
        "the registry's time stamp is of something else",
    ),
    "registry_key": (
        "le registre est signé par une autre clé que celle de l'association qui a été donnée : sa "
        "signature n'est pas établie",
        "the registry is signed with another key than the association's that was given: its "
        "signature is not established",
    ),
    "registry_authority": (
        "l'horodatage du registre n'est signé par aucune des autorités données",
        "the registry's time stamp is signed by none of the given authorities",
    ),
    "version": ("version {}, algorithmes {} inconnus", "version {}, algorithms {} are not known"),
    "device": ("l'appareil {} n'est pas au registre", "device {} is not in the registry"),
    "identifier": (
        "l'identifiant des sceaux n'est pas celui du registre",
        "the identifier of seals is not the registered one",
    ),
    "agreement_key": (
        "fait pour une autre clé que celle du registre",
        "made for another key than the registered one",
    ),
    "no_slot": (
        "l'appareil n'avait plus de clé : n'importe qui peut faire un tel enregistrement",
        "the device had no key left: anybody can make such a recording",
    ),
    "wrong_key": (
        "la clé donnée n'est pas celle de cet appareil",
        "the key that was given is not this device's",
    ),
    "no_key": (
        "aucune clé ne peut être calculée : secret inconnu ou ouverture inutilisable",
        "no key can be computed: the secret is unknown or the opening not usable",
    ),
    "no_opening": ("aucune ouverture lisible", "no opening can be read"),
    "nothing_authentic": ("aucun segment n'est authentique", "no segment is authentic"),
    "nothing_fixes": ("ni sceau ni clé", "no seal, and no key was given"),
    # seals
    "two_statements": (
        "deux contenus différents et valides pour le sceau {} : la clé du sceau a été copiée",
        "two different valid statements for seal {}: its key was copied",
    ),
    "malformed_seal": ("le sceau {} est signé mais malformé", "seal {} is signed and malformed"),
    "bad_seal": ("un sceau qui se dit le {} n'est pas valide", "a seal {} that does not verify"),
    # classes
    "fewer": ("le sceau {} couvre moins que le précédent", "seal {} covers less than one before"),
    "contradiction": ("le sceau {} en contredit un autre", "seal {} contradicts another"),
    "link": (
        "un sceau contredit le lien du segment {}",
        "a seal contradicts the link of segment {}",
    ),
    "other_opening": (
        "le premier segment est d'une autre ouverture",
        "the first segment is of another opening",
    ),
    "false_tags": (
        "{} segments scellés ont une étiquette fausse, le premier est le {}",
        "{} sealed segments have a false tag, {} is the first",
    ),
    "fork": (
        "deux suites authentiques à partir du segment {}",
        "two authentic continuations from segment {} on",
    ),
    "two_sectors": (
        "deux secteurs authentiques pour le segment {}",
        "two authentic sectors for segment {}",
    ),
    "behind_close": ("le segment {} suit la clôture", "segment {} stands behind CLOSE"),
    "contents": ("contenu du segment {} non conforme ({})", "contents of segment {}: {}"),
    "close_count": (
        "la clôture compte d'autres segments",
        "CLOSE counts other segments than there are",
    ),
    "both": (
        "le sceau {} et un sceau postérieur s'excluent",
        "seal {} and a later one cannot both be true",
    ),
    "other_segments": (
        "le sceau {} porte sur d'autres segments que ceux-ci",
        "seal {} is of other segments than these",
    ),
    # remarks
    "sound_clock": (
        "son et horloge s'écartent de {} ms au plus",
        "sound and clock are up to {} ms apart",
    ),
    "close_samples": (
        "la clôture compte d'autres échantillons",
        "CLOSE counts other samples than there are",
    ),
    "close_fixes": ("la clôture compte d'autres positions", "CLOSE counts other fixes"),
    "speed": (
        "positions trop éloignées entre {} et {} ms",
        "positions at {} and {} ms are too far apart",
    ),
    "no_radio": (
        "la radio n'a pas fourni d'aléa à l'ouverture",
        "the radio gave no randomness when it was opened",
    ),
    "found_seal": (
        "le démarrage suivant ({}) a vu le sceau {}",
        "the next start ({}) found seal {}",
    ),
    "found_segments": (
        "le démarrage suivant ({}) a vu {} segments",
        "the next start ({}) found {} segments",
    ),
    "early_anchor": (
        "le code {} est arrivé avant le début selon l'horloge de l'enregistrement",
        "code {} arrived before the beginning by the recording's own clock",
    ),
    "codes": (
        "{} code(s) portent ce numéro et ne concordent pas : faute de copie, ou un autre "
        "enregistrement à sa place",
        "{} code(s) carry this number and do not match: a copying mistake, or another recording "
        "in its place",
    ),
    "codes_or_cut": (
        "{} code(s) portent ce numéro et ne concordent pas : faute de copie, un sceau qui n'est "
        "plus là, ou un autre enregistrement à sa place",
        "{} code(s) carry this number and do not match: a copying mistake, a seal that is not "
        "here any more, or another recording in its place",
    ),
    "image_cut": (
        "l'image finit à l'octet {}, la partition ev à {} : des enregistrements peuvent manquer",
        "the image ends at byte {}, partition ev at {}: recordings may be missing",
    ),
    "registered_later": (
        "l'appareil a été inscrit au registre ({}) après le début selon l'horloge de "
        "l'enregistrement",
        "the device was registered ({}) after the beginning by the recording's own clock",
    ),
    "late_registry": (
        "le registre est horodaté après l'arrivée du code {}",
        "the registry was stamped after code {} had arrived",
    ),
    # what a verdict rests on
    "key_not_compared": (
        "le registre a été vérifié avec la clé {} qu'il contient lui-même ; elle n'a pas été "
        "comparée à une empreinte obtenue ailleurs",
        "the registry was checked under the key {} that it holds itself; it was not compared with "
        "a fingerprint obtained elsewhere",
    ),
    "registry_stamp_unchecked": (
        "l'horodatage du registre ({}) n'est pas établi : la signature de l'autorité n'a pas été "
        "vérifiée",
        "the registry's time stamp ({}) is not established: the authority's signature was not "
        "checked",
    ),
    "raw_unstamped": (
        "aucun horodatage de l'image brute antérieur à l'usage de la clé privée n'est joint : ce "
        "que seule la clé partagée authentifie, qui détient cette clé a pu le faire depuis",
        "no time stamp of the raw image from before the private key was used is with it: what "
        "only the shared key fixes, whoever holds that key could have made since",
    ),
    "raw_stamp_other": (
        "l'horodatage joint ne porte pas sur l'image brute",
        "the time stamp with it is not over the raw image",
    ),
    "raw_stamp_unchecked": (
        "l'horodatage de l'image brute ({}) n'est pas établi : la signature de l'autorité n'a pas "
        "été vérifiée",
        "the raw image's time stamp ({}) is not established: the authority's signature was not "
        "checked",
    ),
    "raw_stamp_false": (
        "l'horodatage de l'image brute ({}) n'est signé par aucune des autorités données",
        "the raw image's time stamp ({}) is signed by none of the given authorities",
    ),
    "raw_stamped": (
        "l'image brute existait au plus tard le {}, selon une autorité donnée",
        "the raw image existed not later than {}, by an authority that was given",
    ),
    "source": ("la source {} se contredit", "{} contradicts itself"),
    "sources": ("les sources {} et {} se contredisent", "{} and {} contradict each other"),
}
