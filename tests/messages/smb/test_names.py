"""Names of SMB's numbers."""

from quivive.messages.smb.names import SMB2_COMMANDS, TRANSACTION2, access_words, status_name


def test_status_has_its_name_or_its_number():
    assert status_name(0xC0000022) == "STATUS_ACCESS_DENIED"
    assert status_name(0xC00000FF) == "0xc00000ff"


def test_access_is_told_in_words():
    assert access_words(0x00120089) == ["read"]
    assert access_words(0x10000000) == ["read", "write", "execute", "delete"]
    assert access_words(0x02000000) == ["all that is granted"]
    assert access_words(0x00100080) == []


def test_commands_stand_at_their_numbers():
    assert SMB2_COMMANDS[0x12] == "OPLOCK_BREAK"
    assert TRANSACTION2[0x10] == "GET_DFS_REFERRAL"
