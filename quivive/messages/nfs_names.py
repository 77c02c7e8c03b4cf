"""Names of NFS procedures, operations and errors (RFC 1094, RFC 1813, RFC 7530, RFC 8881)."""

from __future__ import annotations

PROCEDURES_2 = (
    "NULL", "GETATTR", "SETATTR", "ROOT", "LOOKUP", "READLINK", "READ", "WRITECACHE", "WRITE", "CREATE", "REMOVE",
    "RENAME", "LINK", "SYMLINK", "MKDIR", "RMDIR", "READDIR", "STATFS",
)  # fmt: skip
PROCEDURES_3 = (
    "NULL", "GETATTR", "SETATTR", "LOOKUP", "ACCESS", "READLINK", "READ", "WRITE", "CREATE", "MKDIR", "SYMLINK",
    "MKNOD", "REMOVE", "RMDIR", "RENAME", "LINK", "READDIR", "READDIRPLUS", "FSSTAT", "FSINFO", "PATHCONF", "COMMIT",
)  # fmt: skip
PROCEDURES = {2: PROCEDURES_2, 3: PROCEDURES_3, 4: ("NULL", "COMPOUND")}

FIRST_OPERATION = 3
OPERATIONS = (
    "ACCESS", "CLOSE", "COMMIT", "CREATE", "DELEGPURGE", "DELEGRETURN", "GETATTR", "GETFH", "LINK", "LOCK", "LOCKT",
    "LOCKU", "LOOKUP", "LOOKUPP", "NVERIFY", "OPEN", "OPENATTR", "OPEN_CONFIRM", "OPEN_DOWNGRADE", "PUTFH", "PUTPUBFH",
    "PUTROOTFH", "READ", "READDIR", "READLINK", "REMOVE", "RENAME", "RENEW", "RESTOREFH", "SAVEFH", "SECINFO",
    "SETATTR", "SETCLIENTID", "SETCLIENTID_CONFIRM", "VERIFY", "WRITE", "RELEASE_LOCKOWNER", "BACKCHANNEL_CTL",
    "BIND_CONN_TO_SESSION", "EXCHANGE_ID", "CREATE_SESSION", "DESTROY_SESSION", "FREE_STATEID", "GET_DIR_DELEGATION",
    "GETDEVICEINFO", "GETDEVICELIST", "LAYOUTCOMMIT", "LAYOUTGET", "LAYOUTRETURN", "SECINFO_NO_NAME", "SEQUENCE",
    "SET_SSV", "TEST_STATEID", "WANT_DELEGATION", "DESTROY_CLIENTID", "RECLAIM_COMPLETE",
)  # fmt: skip
"""Of a compound, from number 3 on (RFC 7530, 16; RFC 8881, 18)."""

STATUSES = {
    0: "OK", 1: "ERR_PERM", 2: "ERR_NOENT", 5: "ERR_IO", 6: "ERR_NXIO", 13: "ERR_ACCES", 17: "ERR_EXIST",
    18: "ERR_XDEV", 19: "ERR_NODEV", 20: "ERR_NOTDIR", 21: "ERR_ISDIR", 22: "ERR_INVAL", 27: "ERR_FBIG",
    28: "ERR_NOSPC", 30: "ERR_ROFS", 31: "ERR_MLINK", 63: "ERR_NAMETOOLONG", 66: "ERR_NOTEMPTY", 69: "ERR_DQUOT",
    70: "ERR_STALE", 71: "ERR_REMOTE", 10001: "ERR_BADHANDLE", 10002: "ERR_NOT_SYNC", 10003: "ERR_BAD_COOKIE",
    10004: "ERR_NOTSUPP", 10005: "ERR_TOOSMALL", 10006: "ERR_SERVERFAULT", 10007: "ERR_BADTYPE", 10008: "ERR_DELAY",
    10009: "ERR_SAME", 10010: "ERR_DENIED", 10011: "ERR_EXPIRED", 10012: "ERR_LOCKED", 10013: "ERR_GRACE",
    10014: "ERR_FHEXPIRED", 10015: "ERR_SHARE_DENIED", 10016: "ERR_WRONGSEC", 10017: "ERR_CLID_INUSE",
    10018: "ERR_RESOURCE", 10020: "ERR_NOFILEHANDLE", 10021: "ERR_MINOR_VERS_MISMATCH", 10022: "ERR_STALE_CLIENTID",
    10023: "ERR_STALE_STATEID", 10024: "ERR_OLD_STATEID", 10025: "ERR_BAD_STATEID", 10029: "ERR_SYMLINK",
    10032: "ERR_ATTRNOTSUPP",
}  # fmt: skip


def procedure_name(version: int, number: int) -> str:
    """Return the name of a procedure, or its number where it has none."""
    names = PROCEDURES.get(version, ())
    return names[number] if number < len(names) else str(number)


def operation_name(number: int) -> str:
    """Return the name of an operation of a compound, or its number where it has none."""
    place = number - FIRST_OPERATION
    return OPERATIONS[place] if 0 <= place < len(OPERATIONS) else str(number)


def status_name(number: int) -> str:
    """Return the name of a status, or its number where it has none."""
    return STATUSES.get(number, f"ERR_{number}")
