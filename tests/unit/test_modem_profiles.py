"""modem_profiles: each is complete and plausible."""

from firmware import modem_profiles

NO_VOICE = ("sim7670g", "sim7000g")


def test_each_is_plausible():
    for name in modem_profiles.NAMES:
        profile = modem_profiles.get(name)
        assert profile.name == name
        assert 20 <= profile.gap_ms <= 100
        assert 50 <= profile.on_ms < profile.off_ms <= 5000
        assert 5000 <= profile.boot_ms <= 30000
        assert 40000 <= profile.send_ms <= 60000
        assert profile.voice == (0 if name in NO_VOICE else 1)
        assert profile.sms == 1 and profile.rat
        for command in profile.lacks:
            assert command.startswith("+")
        for form in (profile.cnmi, profile.cnmi_asleep):
            assert len(form.split(",")) == 5


def test_an_unknown_modem_is_generic():
    assert modem_profiles.get("xyz").name == "generic"


def test_the_reference():
    profile = modem_profiles.get("a7670e")
    assert (profile.on_ms, profile.off_ms, profile.gap_ms) == (100, 3000, 20)
