"""Where a cloud's machine stands, as its own host name says: region tokens such as eu-central-1.

Only names under the provider's own domain count: anybody can put a region's name into a domain of theirs. A region says
where the provider keeps the data, not who may be made to hand it over.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

DATE = date(2026, 11, 20)
"""When the table was last looked at."""
MAX_NAME = 253  # RFC 1035, 2.3.4

AMAZON = {
    "eu-west-1": "IE", "eu-west-2": "GB", "eu-west-3": "FR", "eu-central-1": "DE", "eu-central-2": "CH",
    "eu-north-1": "SE", "eu-south-1": "IT", "eu-south-2": "ES", "us-east-1": "US", "us-east-2": "US",
    "us-west-1": "US", "us-west-2": "US", "us-gov-east-1": "US", "us-gov-west-1": "US", "ca-central-1": "CA",
    "ca-west-1": "CA", "mx-central-1": "MX", "sa-east-1": "BR", "ap-south-1": "IN", "ap-south-2": "IN",
    "ap-east-1": "HK", "ap-east-2": "TW", "ap-northeast-1": "JP", "ap-northeast-2": "KR", "ap-northeast-3": "JP",
    "ap-southeast-1": "SG", "ap-southeast-2": "AU", "ap-southeast-3": "ID", "ap-southeast-4": "AU",
    "ap-southeast-5": "MY", "ap-southeast-6": "NZ", "ap-southeast-7": "TH", "me-south-1": "BH",
    "me-central-1": "AE", "il-central-1": "IL", "af-south-1": "ZA", "cn-north-1": "CN", "cn-northwest-1": "CN",
    "eusc-de-east-1": "DE",
}  # fmt: skip
ALIBABA = {
    "cn-hangzhou": "CN", "cn-shanghai": "CN", "cn-qingdao": "CN", "cn-beijing": "CN", "cn-zhangjiakou": "CN",
    "cn-huhehaote": "CN", "cn-wulanchabu": "CN", "cn-shenzhen": "CN", "cn-heyuan": "CN", "cn-guangzhou": "CN",
    "cn-chengdu": "CN", "cn-nanjing": "CN", "cn-fuzhou": "CN", "cn-wuhan-lr": "CN", "cn-hongkong": "HK",
    "ap-southeast-1": "SG", "ap-southeast-2": "AU", "ap-southeast-3": "MY", "ap-southeast-5": "ID",
    "ap-southeast-6": "PH", "ap-southeast-7": "TH", "ap-northeast-1": "JP", "ap-northeast-2": "KR",
    "ap-south-1": "IN", "eu-central-1": "DE", "eu-west-1": "GB", "us-west-1": "US", "us-east-1": "US",
    "na-south-1": "MX", "me-east-1": "AE", "me-central-1": "SA",
}  # fmt: skip
AZURE = {
    "westeurope": "NL", "northeurope": "IE", "francecentral": "FR", "francesouth": "FR", "germanywestcentral": "DE",
    "germanynorth": "DE", "switzerlandnorth": "CH", "switzerlandwest": "CH", "uksouth": "GB", "ukwest": "GB",
    "norwayeast": "NO", "swedencentral": "SE", "italynorth": "IT", "spaincentral": "ES", "polandcentral": "PL",
    "eastus": "US", "eastus2": "US", "centralus": "US", "northcentralus": "US", "southcentralus": "US",
    "westus": "US", "westus2": "US", "westus3": "US", "canadacentral": "CA", "canadaeast": "CA", "brazilsouth": "BR",
    "japaneast": "JP", "japanwest": "JP", "koreacentral": "KR", "southeastasia": "SG", "eastasia": "HK",
    "australiaeast": "AU", "centralindia": "IN", "southindia": "IN", "uaenorth": "AE", "southafricanorth": "ZA",
    "qatarcentral": "QA", "israelcentral": "IL",
}  # fmt: skip
GOOGLE = {
    "europe-west1": "BE", "europe-west2": "GB", "europe-west3": "DE", "europe-west4": "NL", "europe-west6": "CH",
    "europe-west8": "IT", "europe-west9": "FR", "europe-west10": "DE", "europe-west12": "IT", "europe-north1": "FI",
    "europe-north2": "SE", "europe-central2": "PL", "europe-southwest1": "ES", "us-central1": "US", "us-east1": "US",
    "us-east4": "US", "us-east5": "US", "us-south1": "US", "us-west1": "US", "us-west2": "US", "us-west3": "US",
    "us-west4": "US", "northamerica-northeast1": "CA", "southamerica-east1": "BR", "asia-east1": "TW",
    "asia-east2": "HK", "asia-northeast1": "JP", "asia-northeast2": "JP", "asia-northeast3": "KR",
    "asia-south1": "IN", "asia-southeast1": "SG", "asia-southeast2": "ID", "australia-southeast1": "AU",
    "me-west1": "IL", "me-central1": "QA", "me-central2": "SA", "africa-south1": "ZA",
}  # fmt: skip
TENCENT = {
    "ap-beijing": "CN", "ap-nanjing": "CN", "ap-shanghai": "CN", "ap-guangzhou": "CN", "ap-chengdu": "CN",
    "ap-chongqing": "CN", "ap-hongkong": "HK", "ap-singapore": "SG", "ap-jakarta": "ID", "ap-seoul": "KR",
    "ap-bangkok": "TH", "ap-tokyo": "JP", "ap-mumbai": "IN", "na-siliconvalley": "US", "na-ashburn": "US",
    "sa-saopaulo": "BR", "eu-frankfurt": "DE",
}  # fmt: skip
HUAWEI = {
    "cn-north-1": "CN", "cn-north-4": "CN", "cn-north-9": "CN", "cn-east-2": "CN", "cn-east-3": "CN",
    "cn-south-1": "CN", "cn-southwest-2": "CN", "ap-southeast-1": "HK", "ap-southeast-2": "TH",
    "ap-southeast-3": "SG", "ap-southeast-4": "ID", "af-south-1": "ZA", "eu-west-101": "IE", "sa-brazil-1": "BR",
    "la-south-2": "CL", "me-east-1": "SA", "tr-west-1": "TR",
}  # fmt: skip
ORACLE = {
    "eu-frankfurt-1": "DE", "eu-amsterdam-1": "NL", "eu-paris-1": "FR", "eu-marseille-1": "FR", "eu-madrid-1": "ES",
    "eu-milan-1": "IT", "eu-stockholm-1": "SE", "eu-zurich-1": "CH", "uk-london-1": "GB", "us-ashburn-1": "US",
    "us-phoenix-1": "US", "us-chicago-1": "US", "us-sanjose-1": "US", "ap-tokyo-1": "JP", "ap-singapore-1": "SG",
    "ap-mumbai-1": "IN", "ap-sydney-1": "AU", "sa-saopaulo-1": "BR", "ca-toronto-1": "CA", "me-dubai-1": "AE",
}  # fmt: skip
SMALLER = {
    "fr-par": "FR", "nl-ams": "NL", "pl-waw": "PL", "gra": "FR", "sbg": "FR", "rbx": "FR", "eu-west-par": "FR",
    "de": "DE", "waw": "PL", "uk": "GB", "bhs": "CA", "fra1": "DE", "ams3": "NL", "lon1": "GB", "nyc3": "US",
    "sfo3": "US", "sgp1": "SG", "blr1": "IN", "tor1": "CA", "syd1": "AU", "eu-de": "DE", "eu-gb": "GB",
    "eu-es": "ES", "us-south": "US", "us-east": "US", "jp-tok": "JP", "eu-nl": "NL", "fsn1": "DE", "nbg1": "DE",
    "hel1": "FI",
}  # fmt: skip

PROVIDERS = {
    "amazonaws.com": AMAZON, "amazonaws.com.cn": AMAZON, "amazonaws.eu": AMAZON, "on.aws": AMAZON,
    "wasabisys.com": AMAZON, "aliyuncs.com": ALIBABA, "alibabacloudcs.com": ALIBABA, "azure.com": AZURE,
    "windows.net": AZURE, "azurecontainer.io": AZURE, "azurecontainerapps.io": AZURE, "run.app": GOOGLE,
    "cloudfunctions.net": GOOGLE, "rep.googleapis.com": GOOGLE, "pkg.dev": GOOGLE, "myqcloud.com": TENCENT,
    "tencentcos.cn": TENCENT, "myhuaweicloud.com": HUAWEI, "myhuaweicloud.eu": HUAWEI, "oraclecloud.com": ORACLE,
    "scw.cloud": SMALLER, "cloud.ovh.net": SMALLER, "digitaloceanspaces.com": SMALLER, "appdomain.cloud": SMALLER,
    "otc.t-systems.com": SMALLER, "your-objectstorage.com": SMALLER,
}  # fmt: skip
"""Ends of host names under which a provider names its regions."""


class Region(NamedTuple):
    """country: ISO 3166; token: the region as the name says it; provider: the domain that counts."""

    country: str
    token: str
    provider: str


def region_of(name: str) -> Region | None:
    """Return the region that a host name tells; None for a name that tells none or is not a known provider's."""
    labels = name[:MAX_NAME].lower().rstrip(".").split(".")
    for start in range(1, len(labels)):
        provider = ".".join(labels[start:])
        regions = PROVIDERS.get(provider)
        if regions is not None:
            return _told(labels[:start], regions, provider)
    return None


def _told(labels: list[str], regions: dict[str, str], provider: str) -> Region | None:
    """Return the region in the labels before a provider's domain; the one nearest to the domain is the provider's."""
    for label in reversed(labels):
        for token in _tokens(label):
            if token in regions:
                return Region(regions[token], token, provider)
    return None


def _tokens(label: str) -> list[str]:
    """Return what may be a region in a label, longest first: oss-eu-central-1-internal has it in its middle."""
    words = label.split("-")[:12]
    spans = [(first, last) for first in range(len(words)) for last in range(first + 1, len(words) + 1)]
    return ["-".join(words[first:last]) for first, last in sorted(spans, key=lambda span: span[0] - span[1])]
