"""Interfaces of Windows services and the names of their operations, from Microsoft's open specifications and [C706].

Operations are written in order of their numbers; a number in the list says that the next name bears it.
"""

from __future__ import annotations

from typing import NamedTuple


class Interface(NamedTuple):
    """A service: its usual short name and its operations by number."""

    name: str
    operations: dict[int, str]


def _numbered(listing: str, prefix: str = "") -> dict[int, str]:
    operations = {}
    number = 0
    for word in listing.split():
        if word.isdigit():
            number = int(word)
        else:
            operations[number] = prefix + word
            number += 1
    return operations


SAMR = """
    Connect CloseHandle SetSecurityObject QuerySecurityObject 5 LookupDomainInSamServer EnumerateDomainsInSamServer
    OpenDomain QueryInformationDomain SetInformationDomain CreateGroupInDomain EnumerateGroupsInDomain
    CreateUserInDomain EnumerateUsersInDomain CreateAliasInDomain EnumerateAliasesInDomain GetAliasMembership
    LookupNamesInDomain LookupIdsInDomain OpenGroup QueryInformationGroup SetInformationGroup AddMemberToGroup
    DeleteGroup RemoveMemberFromGroup GetMembersInGroup SetMemberAttributesOfGroup OpenAlias QueryInformationAlias
    SetInformationAlias DeleteAlias AddMemberToAlias RemoveMemberFromAlias GetMembersInAlias OpenUser DeleteUser
    QueryInformationUser SetInformationUser ChangePasswordUser GetGroupsForUser QueryDisplayInformation
    GetDisplayEnumerationIndex 44 GetUserDomainPasswordInformation RemoveMemberFromForeignDomain
    QueryInformationDomain2 QueryInformationUser2 QueryDisplayInformation2 GetDisplayEnumerationIndex2
    CreateUser2InDomain QueryDisplayInformation3 AddMultipleMembersToAlias RemoveMultipleMembersFromAlias
    OemChangePasswordUser2 UnicodeChangePasswordUser2 GetDomainPasswordInformation Connect2 SetInformationUser2
    62 Connect4 64 Connect5 RidToSid SetDSRMPassword ValidatePassword
"""
"""[MS-SAMR] 3.1.5."""

LSARPC = """
    Close 2 EnumeratePrivileges QuerySecurityObject SetSecurityObject 6 OpenPolicy QueryInformationPolicy
    SetInformationPolicy 10 CreateAccount EnumerateAccounts CreateTrustedDomain EnumerateTrustedDomains LookupNames
    LookupSids CreateSecret OpenAccount EnumeratePrivilegesAccount AddPrivilegesToAccount RemovePrivilegesFromAccount
    23 GetSystemAccessAccount SetSystemAccessAccount OpenTrustedDomain QueryInfoTrustedDomain
    SetInformationTrustedDomain OpenSecret SetSecret QuerySecret LookupPrivilegeValue LookupPrivilegeName
    LookupPrivilegeDisplayName DeleteObject EnumerateAccountsWithUserRight EnumerateAccountRights AddAccountRights
    RemoveAccountRights QueryTrustedDomainInfo SetTrustedDomainInfo DeleteTrustedDomain StorePrivateData
    RetrievePrivateData OpenPolicy2 GetUserName QueryInformationPolicy2 SetInformationPolicy2
    QueryTrustedDomainInfoByName SetTrustedDomainInfoByName EnumerateTrustedDomainsEx CreateTrustedDomainEx
    53 QueryDomainInformationPolicy SetDomainInformationPolicy OpenTrustedDomainByName 57 LookupSids2 LookupNames2
    CreateTrustedDomainEx2 68 LookupNames3 73 QueryForestTrustInformation SetForestTrustInformation 76 LookupSids3
    LookupNames4
"""
"""[MS-LSAD] 3.1.4, [MS-LSAT] 3.1.4."""

SRVSVC = """
    8 NetrConnectionEnum NetrFileEnum NetrFileGetInfo NetrFileClose NetrSessionEnum NetrSessionDel NetrShareAdd
    NetrShareEnum NetrShareGetInfo NetrShareSetInfo NetrShareDel NetrShareDelSticky NetrShareCheck NetrServerGetInfo
    NetrServerSetInfo NetrServerDiskEnum NetrServerStatisticsGet NetrServerTransportAdd NetrServerTransportEnum
    NetrServerTransportDel NetrRemoteTOD 30 NetprPathType NetprPathCanonicalize NetprPathCompare NetprNameValidate
    NetprNameCanonicalize NetprNameCompare NetrShareEnumSticky NetrShareDelStart NetrShareDelCommit
    NetrpGetFileSecurity NetrpSetFileSecurity NetrServerTransportAddEx 43 NetrDfsGetVersion
"""
"""[MS-SRVS] 3.1.4."""

WKSSVC = """
    NetrWkstaGetInfo NetrWkstaSetInfo NetrWkstaUserEnum 5 NetrWkstaTransportEnum NetrWkstaTransportAdd
    NetrWkstaTransportDel NetrUseAdd NetrUseGetInfo NetrUseDel NetrUseEnum 13 NetrWorkstationStatisticsGet
    20 NetrGetJoinInformation 22 NetrJoinDomain2 NetrUnjoinDomain2 NetrRenameMachineInDomain2 NetrValidateName2
    NetrGetJoinableOUs2 NetrAddAlternateComputerName NetrRemoveAlternateComputerName NetrSetPrimaryComputerName
    NetrEnumerateComputerNames
"""
"""[MS-WKST] 3.2.4."""

SVCCTL = """
    CloseServiceHandle ControlService DeleteService LockServiceDatabase QueryServiceObjectSecurity
    SetServiceObjectSecurity QueryServiceStatus SetServiceStatus UnlockServiceDatabase NotifyBootConfigStatus
    11 ChangeServiceConfigW CreateServiceW EnumDependentServicesW EnumServicesStatusW OpenSCManagerW OpenServiceW
    QueryServiceConfigW QueryServiceLockStatusW StartServiceW GetServiceDisplayNameW GetServiceKeyNameW
    23 ChangeServiceConfigA CreateServiceA EnumDependentServicesA EnumServicesStatusA OpenSCManagerA OpenServiceA
    QueryServiceConfigA QueryServiceLockStatusA StartServiceA GetServiceDisplayNameA GetServiceKeyNameA
    35 EnumServiceGroupW ChangeServiceConfig2A ChangeServiceConfig2W QueryServiceConfig2A QueryServiceConfig2W
    QueryServiceStatusEx EnumServicesStatusExA EnumServicesStatusExW 44 CreateServiceWOW64A CreateServiceWOW64W
    47 NotifyServiceStatusChange GetNotifyResults CloseNotifyHandle ControlServiceExA ControlServiceExW
    56 QueryServiceConfigEx 60 CreateWowService 64 OpenSCManager2
"""
"""[MS-SCMR] 3.1.4."""

DRSUAPI = """
    Bind Unbind ReplicaSync GetNCChanges UpdateRefs ReplicaAdd ReplicaDel ReplicaModify VerifyNames GetMemberships
    InterDomainMove GetNT4ChangeLog CrackNames WriteSPN RemoveDsServer RemoveDsDomain DomainControllerInfo AddEntry
    ExecuteKCC GetReplInfo AddSidHistory GetMemberships2 ReplicaVerifyObjects GetObjectExistence QuerySitesByCost
    InitDemotion ReplicaDemotion FinishDemotion AddCloneDC WriteNgcKey ReadNgcKey
"""
"""[MS-DRSR] 4.1."""

NETLOGON = """
    NetrLogonUasLogon NetrLogonUasLogoff NetrLogonSamLogon NetrLogonSamLogoff NetrServerReqChallenge
    NetrServerAuthenticate NetrServerPasswordSet NetrDatabaseDeltas NetrDatabaseSync NetrAccountDeltas NetrAccountSync
    NetrGetDCName NetrLogonControl NetrGetAnyDCName NetrLogonControl2 NetrServerAuthenticate2 NetrDatabaseSync2
    NetrDatabaseRedo NetrLogonControl2Ex NetrEnumerateTrustedDomains DsrGetDcName NetrLogonGetCapabilities
    NetrLogonSetServiceBits NetrLogonGetTrustRid NetrLogonComputeServerDigest NetrLogonComputeClientDigest
    NetrServerAuthenticate3 DsrGetDcNameEx DsrGetSiteName NetrLogonGetDomainInfo NetrServerPasswordSet2
    NetrServerPasswordGet NetrLogonSendToSam DsrAddressToSiteNamesW DsrGetDcNameEx2
    NetrLogonGetTimeServiceParentDomain NetrEnumerateTrustedDomainsEx DsrAddressToSiteNamesExW DsrGetDcSiteCoverageW
    NetrLogonSamLogonEx DsrEnumerateDomainTrusts DsrDeregisterDnsHostRecords NetrServerTrustPasswordsGet
    DsrGetForestTrustInformation NetrGetForestTrustInformation NetrLogonSamLogonWithFlags NetrServerGetTrustInfo
    48 DsrUpdateReadOnlyServerDnsRecords NetrChainSetClientAttributes
"""
"""[MS-NRPC] 3.5.4."""

WINREG = """
    OpenClassesRoot OpenCurrentUser OpenLocalMachine OpenPerformanceData OpenUsers BaseRegCloseKey BaseRegCreateKey
    BaseRegDeleteKey BaseRegDeleteValue BaseRegEnumKey BaseRegEnumValue BaseRegFlushKey BaseRegGetKeySecurity
    BaseRegLoadKey 15 BaseRegOpenKey BaseRegQueryInfoKey BaseRegQueryValue BaseRegReplaceKey BaseRegRestoreKey
    BaseRegSaveKey BaseRegSetKeySecurity BaseRegSetValue BaseRegUnLoadKey 26 BaseRegGetVersion OpenCurrentConfig
    29 BaseRegQueryMultipleValues 31 BaseRegSaveKeyEx OpenPerformanceText OpenPerformanceNlsText
    BaseRegQueryMultipleValues2 BaseRegDeleteKeyEx
"""
"""[MS-RRP] 3.1.5."""

SCHEDULER = """
    HighestVersion RegisterTask RetrieveTask CreateFolder SetSecurity GetSecurity EnumFolders EnumTasks EnumInstances
    GetInstanceInfo StopInstance Stop Run Delete Rename ScheduledRuntimes GetLastRunInfo GetTaskInfo
    GetNumberOfMissedRuns EnableTask
"""
"""[MS-TSCH] 3.2.5.4."""

SPOOLSS = """
    EnumPrinters OpenPrinter SetJob GetJob EnumJobs AddPrinter DeletePrinter SetPrinter GetPrinter AddPrinterDriver
    EnumPrinterDrivers GetPrinterDriver GetPrinterDriverDirectory DeletePrinterDriver AddPrintProcessor
    EnumPrintProcessors GetPrintProcessorDirectory StartDocPrinter StartPagePrinter WritePrinter EndPagePrinter
    AbortPrinter ReadPrinter EndDocPrinter AddJob ScheduleJob GetPrinterData SetPrinterData WaitForPrinterChange
    ClosePrinter 62 RemoteFindFirstPrinterChangeNotification 65 RemoteFindFirstPrinterChangeNotificationEx
    69 OpenPrinterEx AddPrinterEx 77 SetPrinterDataEx GetPrinterDataEx EnumPrinterDataEx EnumPrinterKey
    89 AddPrinterDriverEx
"""
"""[MS-RPRN] 3.1.4."""

EVENTLOG = """
    ClearELFW BackupELFW CloseEL DeregisterEventSource NumberOfRecords OldestRecord ChangeNotify OpenELW
    RegisterEventSourceW OpenBELW ReadELW ReportEventW
"""
"""[MS-EVEN] 3.1.4."""

EFSRPC = """
    OpenFileRaw ReadFileRaw WriteFileRaw CloseRaw EncryptFileSrv DecryptFileSrv QueryUsersOnFile QueryRecoveryAgents
    RemoveUsersFromFile AddUsersToFile 12 FileKeyInfo DuplicateEncryptionInfoFile 15 AddUsersToFileEx
"""
"""[MS-EFSR] 3.1.4."""

NETDFS = """
    ManagerGetVersion Add Remove SetInfo GetInfo Enum 10 AddFtRoot RemoveFtRoot AddStdRoot RemoveStdRoot
    ManagerInitialize AddStdRootForced GetDcAddress SetDcAddress FlushFtTable Add2 Remove2 EnumEx SetInfo2
"""
"""[MS-DFSNM] 3.1.4."""

EPMAPPER = "ept_insert ept_delete ept_lookup ept_map ept_lookup_handle_free ept_inq_object ept_mgmt_delete"
MGMT = "inq_if_ids inq_stats is_server_listening stop_server_listening inq_princ_name"
OXID = "ResolveOxid SimplePing ComplexPing ServerAlive ResolveOxid2 ServerAlive2"
WBEM_SERVICES = """
    3 OpenNamespace CancelAsyncCall QueryObjectSink GetObject GetObjectAsync PutClass PutClassAsync DeleteClass
    DeleteClassAsync CreateClassEnum CreateClassEnumAsync PutInstance PutInstanceAsync DeleteInstance
    DeleteInstanceAsync CreateInstanceEnum CreateInstanceEnumAsync ExecQuery ExecQueryAsync ExecNotificationQuery
    ExecNotificationQueryAsync ExecMethod ExecMethodAsync
"""
"""[MS-WMI] 3.1.4.3."""

INTERFACES = {
    "e1af8308-5d1f-11c9-91a4-08002b14a0fa": Interface("epmapper", _numbered(EPMAPPER)),
    "afa8bd80-7d8a-11c9-bef4-08002b102989": Interface("mgmt", _numbered(MGMT, "rpc__mgmt_")),
    "12345778-1234-abcd-ef00-0123456789ac": Interface("samr", _numbered(SAMR, "Samr")),
    "12345778-1234-abcd-ef00-0123456789ab": Interface("lsarpc", _numbered(LSARPC, "Lsar")),
    "3919286a-b10c-11d0-9ba8-00c04fd92ef5": Interface("dssetup", {0: "DsRolerGetPrimaryDomainInformation"}),
    "4b324fc8-1670-01d3-1278-5a47bf6ee188": Interface("srvsvc", _numbered(SRVSVC)),
    "6bffd098-a112-3610-9833-46c3f87e345a": Interface("wkssvc", _numbered(WKSSVC)),
    "367abb81-9844-35f1-ad32-98f038001003": Interface("svcctl", _numbered(SVCCTL, "R")),
    "e3514235-4b06-11d1-ab04-00c04fc2dcd2": Interface("drsuapi", _numbered(DRSUAPI, "IDL_DRS")),
    "12345678-1234-abcd-ef00-01234567cffb": Interface("netlogon", _numbered(NETLOGON)),
    "338cd001-2244-31f1-aaaa-900038001003": Interface("winreg", _numbered(WINREG)),
    "1ff70682-0a51-30e8-076d-740be8cee98b": Interface("atsvc", _numbered("Add Del Enum GetInfo", "NetrJob")),
    "378e52b0-c0a9-11cf-822d-00aa0051e40f": Interface(
        "sasec", _numbered("SetAccountInformation SetNSAccountInformation GetNSAccountInformation", "SA")
    ),
    "86d35949-83c9-4044-b424-db363231fd0c": Interface("ITaskSchedulerService", _numbered(SCHEDULER, "SchRpc")),
    "12345678-1234-abcd-ef00-0123456789ab": Interface("spoolss", _numbered(SPOOLSS, "Rpc")),
    "76f03f96-cdfd-44fc-a22c-64950a001209": Interface("IRemoteWinspool", {0: "RpcAsyncOpenPrinter"}),
    "82273fdc-e32a-18c3-3f78-827929dc23ea": Interface("eventlog", _numbered(EVENTLOG, "Elfr")),
    "f6beaff7-1e19-4fbb-9f8f-b89e2018337c": Interface("eventlog6", {5: "EvtRpcRegisterLogQuery", 6: "EvtRpcClearLog"}),
    "c681d488-d850-11d0-8c52-00c04fd90f7e": Interface("efsrpc", _numbered(EFSRPC, "EfsRpc")),
    "df1941c5-fe89-4e79-bf10-463657acf44d": Interface("efsrpc", _numbered(EFSRPC, "EfsRpc")),
    "4fc742e0-4a10-11cf-8273-00aa004ae673": Interface("netdfs", _numbered(NETDFS, "NetrDfs")),
    "a8e0653c-2744-4389-a61d-7373df8b2292": Interface("fsrvp", {8: "IsPathSupported", 9: "IsPathShadowCopied"}),
    "50abc2a4-574d-40b3-9d66-ee4fd5fba076": Interface(
        "dnsserver", _numbered("Operation Query ComplexOperation EnumRecords UpdateRecord", "R_Dnssrv")
    ),
    "3dde7c30-165d-11d1-ab8f-00805f14db40": Interface("backupkey", {0: "BackuprKey"}),
    "99fcfec4-5260-101b-bbcb-00aa0021347a": Interface("IOXIDResolver", _numbered(OXID)),
    "4d9f4ab8-7d1c-11cf-861e-0020af6e7c57": Interface("IActivation", {0: "RemoteActivation"}),
    "000001a0-0000-0000-c000-000000000046": Interface(
        "IRemoteSCMActivator", _numbered("3 RemoteGetClassObject RemoteCreateInstance")
    ),
    "00000131-0000-0000-c000-000000000046": Interface(
        "IRemUnknown", _numbered("3 RemQueryInterface RemAddRef RemRelease")
    ),
    "00000143-0000-0000-c000-000000000046": Interface(
        "IRemUnknown2", _numbered("3 RemQueryInterface RemAddRef RemRelease RemQueryInterface2")
    ),
    "f309ad18-d86a-11d0-a075-00c04fb68820": Interface(
        "IWbemLevel1Login", _numbered("3 EstablishPosition RequestChallenge WBEMLogin NTLMLogin")
    ),
    "9556dc99-828c-11cf-a37e-00aa003240c7": Interface("IWbemServices", _numbered(WBEM_SERVICES)),
    "894de0c0-0d55-11d3-a322-00c04fa321a1": Interface(
        "initshutdown", _numbered("BaseInitiateShutdown BaseAbortShutdown BaseInitiateShutdownEx")
    ),
    "17fdd703-1827-4e34-79d4-24a55c53bb37": Interface("msgsvc", _numbered("Add Enum GetInfo Del", "NetrMessageName")),
    "5a7b91f8-ff00-11d0-a9b2-00c04fb6e6fc": Interface("msgsvcsend", {0: "NetrSendMessage"}),
    "6bffd098-a112-3610-9833-012892020162": Interface("browser", {0: "I_BrowserrServerEnum"}),
    "300f3532-38cc-11d0-a3f0-0020af6b0add": Interface("trkwks", {}),
    "8fb6d884-2388-11d0-8c35-00c04fda2795": Interface("w32time", {}),
    "8f09f000-b7ed-11ce-bbd2-00001a181cad": Interface("rras", {}),
    "3c4728c5-f0ab-448b-bda1-6ce01eb0a6d5": Interface("dhcpcsvc", {}),
    "91ae6020-9e3c-11cf-8d7c-00aa00c091be": Interface("ICertPassage", {0: "CertServerRequest"}),
    "f5cc5a18-4264-101a-8c59-08002b2f8426": Interface("nspi", _numbered("Bind Unbind UpdateStat QueryRows", "Nspi")),
    "a4f1db00-ca47-1067-b31f-00dd010662da": Interface("emsmdb", {0: "EcDoConnect", 1: "EcDoDisconnect", 2: "EcDoRpc"}),
    "1544f5e0-613c-11d1-93df-00c04fd7bd09": Interface("rfr", _numbered("GetNewDSA GetFQDNFromServerDN", "Rfr")),
    "dea00001-6c97-11d1-8271-00a02442df7d": Interface(
        "PNIO_Device", _numbered("Connect Release Read Write Control Read_Implicit")
    ),
    "dea00002-6c97-11d1-8271-00a02442df7d": Interface(
        "PNIO_Controller", _numbered("Connect Release Read Write Control Read_Implicit")
    ),
}


def interface_name(uuid: str) -> str:
    """Return the short name of an interface, or its number."""
    known = INTERFACES.get(uuid)
    return known.name if known else uuid


def operation_name(uuid: str, number: int) -> str:
    """Return the name of an operation, or its number."""
    known = INTERFACES.get(uuid)
    return known.operations.get(number, f"operation {number}") if known else f"operation {number}"
