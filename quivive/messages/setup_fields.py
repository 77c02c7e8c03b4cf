"""Fields that the tables of router advertisements and of address assignment share."""

from __future__ import annotations

from quivive.model.schema import Field

NAME_SERVERS = Field("name_servers", "texts", "Name servers that a router or address server tells its clients to use.")
SEARCH_DOMAINS = Field(
    "search_domains", "texts", "Domains that a router or address server tells its clients to search."
)
ROUTES = Field("routes", "texts", "Networks that a router or address server announces as reached by it or by a router.")
CLIENT_MAC = Field("client_mac", "text", "Hardware address of the client that wants an address.")
ASSIGNED_ADDR = Field("assigned_addr", "text", "Address that a server gives or confirms to a client.")
LEASE_S = Field("lease_s", "int64", "Seconds for which an address is given or wanted; 4294967295 stands for ever.", "s")
HOST_NAME = Field("host_name", "text", "Name that a client gives itself.", personal="host")
CLIENT_FQDN = Field("client_fqdn", "text", "Full domain name that a client wants or is given.", personal="host")
VENDOR_CLASS = Field("vendor_class", "text", "What a client says of its kind: operating system or make.")
USER_CLASS = Field("user_class", "text", "Group of clients that a client counts itself to.")
PARAMETER_LIST = Field(
    "parameter_list", "text", "Numbers of the options that a client asks for, in its order: a trait of its software."
)
RELAY_INTERFACE = Field("relay_interface", "text", "Port or circuit on which a relay heard the client, as it names it.")
BOOT_FILE = Field("boot_file", "text", "File or address that a client is told to start from.")
