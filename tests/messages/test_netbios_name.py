import pytest

from quivive.messages.netbios_name import from_label, netbios_name, service_name


def test_two_letters_stand_for_a_byte():
    name = from_label("FAEMEPFEFEEFFCCACACACACACACACACA")
    assert (name.name, name.suffix, str(name)) == ("PLOTTER", 0x20, "PLOTTER<20>")
    assert from_label("faemepfefeeffccacacacacacacacaca") == name


def test_the_wildcard_is_a_star():
    assert str(from_label("CK" + "AA" * 15)) == "*<00>"


@pytest.mark.parametrize(
    "label", ["", "FAEMEPFEFEEFFCCACACACACACACACAC", "QAEMEPFEFEEFFCCACACACACACACACACA", "\x00" * 32]
)
def test_other_labels_encode_no_name(label):
    assert from_label(label) is None


def test_what_is_not_printable_is_escaped():
    assert netbios_name(b"\1\2__MSBROWSE__\2\1") == ("\\x01\\x02__MSBROWSE__\\x02", 1)


def test_services_of_machines_and_groups_differ():
    assert service_name(0x20, is_group=False) == "file server"
    assert service_name(0x00, is_group=False) == "workstation"
    assert service_name(0x00, is_group=True) == "domain or workgroup"
    assert service_name(0x99, is_group=True) is None
