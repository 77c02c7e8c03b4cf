from quivive.messages.icmp_words import icmp_name, icmp_reason


def test_the_same_number_means_different_things_in_the_two():
    assert (icmp_name(3, is_v6=False), icmp_name(3, is_v6=True)) == ("destination unreachable", "time exceeded")
    assert icmp_reason(3, 1, is_v6=False) == "host unreachable"
    assert icmp_reason(3, 1, is_v6=True) == "reassembly time"


def test_numbers_without_a_name_are_shown_as_numbers():
    assert icmp_name(99, is_v6=False) == "type 99"
    assert icmp_reason(3, 99, is_v6=False) == "code 99"


def test_types_without_codes_have_no_reason():
    assert icmp_reason(8, 0, is_v6=False) is None
