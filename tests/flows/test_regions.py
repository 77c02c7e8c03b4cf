"""Region tokens in the host names of clouds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.flows.regions import PROVIDERS, Region, region_of


@pytest.mark.parametrize(
    ("name", "country", "token"),
    [
        ("oss-eu-central-1.aliyuncs.com", "DE", "eu-central-1"),
        ("bucket.oss-cn-hangzhou-internal.aliyuncs.com", "CN", "cn-hangzhou"),
        ("hub.eu-central-1.log.aliyuncs.com", "DE", "eu-central-1"),
        ("s3.eu-west-3.amazonaws.com", "FR", "eu-west-3"),
        ("s3-us-west-2.amazonaws.com", "US", "us-west-2"),
        ("parcels.s3.cn-north-1.amazonaws.com.cn", "CN", "cn-north-1"),
        ("hub-1.WestEurope.cloudapp.azure.com.", "NL", "westeurope"),
        ("europe-west1-kestrel.cloudfunctions.net", "BE", "europe-west1"),
        ("bucket.cos.eu-frankfurt.myqcloud.com", "DE", "eu-frankfurt"),
        ("obs.eu-west-101.myhuaweicloud.eu", "IE", "eu-west-101"),
        ("s3.fr-par.scw.cloud", "FR", "fr-par"),
    ],
)
def test_a_providers_name_tells_its_region(name, country, token):
    found = region_of(name)
    assert (found.country, found.token) == (country, token)


@pytest.mark.parametrize(
    "name",
    ["eu-central-1.evil.example", "oss.aliyuncs.com", "eu-central-1.aliyuncs.com.evil.example", "aliyuncs.com", "",
     "oss-eu-central-9.aliyuncs.com"],
)  # fmt: skip
def test_a_name_that_is_no_providers_or_without_region_tells_nothing(name):
    assert region_of(name) is None


def test_the_token_nearest_to_the_provider_is_the_providers():
    """A customer's bucket may be called after another region."""
    assert region_of("us-east-1.oss-eu-central-1.aliyuncs.com") == Region("DE", "eu-central-1", "aliyuncs.com")


def test_one_token_means_different_places_at_different_providers():
    assert region_of("x.ap-southeast-1.amazonaws.com").country == "SG"
    assert region_of("x.ap-southeast-1.myhuaweicloud.com").country == "HK"


@given(st.text(max_size=400))
def test_any_text_gives_a_region_or_none(name):
    for provider in ("", *PROVIDERS):
        found = region_of(f"{name}.{provider}")
        assert found is None or len(found.country) == 2
