import netaddr
import pytest

from quivive.flows.vendors import vendor_of


@pytest.mark.parametrize("mac", ["00:1b:21:aa:bb:cc", "00:00:0c:07:ac:01", "b8:27:eb:00:00:00", "ac:de:48:00:11:22"])
def test_maker_is_the_one_that_netaddr_names(mac):
    assert vendor_of(mac) == str(netaddr.EUI(mac).oui.registration().org)


@pytest.mark.parametrize("mac", ["02:00:00:00:00:01", "01:00:5e:00:00:fb", "ff:ff:ff:ff:ff:ff", "fc:ff:ff:00:00:00"])
def test_made_up_group_and_unknown_addresses_have_no_maker(mac):
    assert vendor_of(mac) is None
