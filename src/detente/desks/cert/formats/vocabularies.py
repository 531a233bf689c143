"""Words that STIX 2.1 proposes where it leaves the choice open (section 10), and relationships.

Another word is no fault: it travels with a warning.
"""

from typing import Final

_WORDS: Final = """
account-type: facebook kavi ldap nis openid radius skype tacacs twitter unix windows-domain
  windows-local
attack-motivation: accidental coercion dominance ideology notoriety organizational-gain
  personal-gain personal-satisfaction revenge unpredictable
attack-resource-level: club contest government individual organization team
grouping-context: malware-analysis suspicious-activity unspecified
identity-class: class group individual organization system unknown
implementation-language: applescript bash c c# c++ go java javascript lua objective-c perl php
  powershell python ruby scala swift typescript visual-basic x86-32 x86-64
indicator-type: anomalous-activity anonymization attribution benign compromised
  malicious-activity unknown
industry-sector: aerospace agriculture automotive chemical commercial communications
  construction dams defense education emergency-services energy entertainment financial-services
  government government-local government-national government-public-services government-regional
  healthcare hospitality-leisure infrastructure insurance manufacturing mining non-profit
  nuclear pharmaceuticals retail technology telecommunications transportation utilities water
infrastructure-type: amplification anonymization botnet command-and-control control-system
  exfiltration firewall hosting-malware hosting-target-lists phishing reconnaissance
  routers-switches staging unknown workstation
malware-capabilities: accesses-remote-machines anti-debugging anti-disassembly anti-emulation
  anti-memory-forensics anti-sandbox anti-vm captures-input-peripherals
  captures-output-peripherals captures-system-state-data cleans-traces-of-infection
  commits-fraud communicates-with-c2 compromises-data-availability compromises-data-integrity
  compromises-system-availability controls-local-machine degrades-security-software
  degrades-system-updates determines-c2-server emails-spam escalates-privileges evades-av
  exfiltrates-data fingerprints-host hides-artifacts hides-executing-code infects-files
  infects-remote-machines installs-other-components persists-after-system-reboot
  prevents-artifact-access prevents-artifact-deletion probes-network-environment self-modifies
  steals-authentication-credentials violates-system-operational-integrity
malware-result: benign malicious suspicious unknown
malware-type: adware backdoor bootkit bot ddos downloader dropper exploit-kit keylogger
  ransomware remote-access-trojan resource-exploitation rogue-security-software rootkit
  screen-capture spyware trojan unknown virus webshell wiper worm
marking-definition: statement tlp
pattern-type: pcre sigma snort stix suricata yara
processor-architecture: alpha arm ia-64 mips powerpc sparc x86 x86-64
region: africa americas antarctica asia australia-new-zealand caribbean central-america
  central-asia eastern-africa eastern-asia eastern-europe europe latin-america-caribbean
  melanesia micronesia middle-africa northern-africa northern-america northern-europe oceania
  polynesia south-america south-eastern-asia southern-africa southern-asia southern-europe
  western-africa western-asia western-europe
report-type: attack-pattern campaign identity indicator intrusion-set malware observed-data
  threat-actor threat-report tool vulnerability
threat-actor-role: agent director independent infrastructure-architect infrastructure-operator
  malware-author sponsor
threat-actor-sophistication: advanced expert innovator intermediate minimal none strategic
threat-actor-type: activist competitor crime-syndicate criminal hacker insider-accidental
  insider-disgruntled nation-state sensationalist spy terrorist unknown
tool-type: credential-exploitation denial-of-service exploitation information-gathering
  network-capture remote-access unknown vulnerability-scanning
windows-pebinary-type: dll exe sys
"""
_RELATIONSHIPS: Final = """
attack-pattern: delivers>malware targets>identity,location,vulnerability uses>malware,tool
campaign: attributed-to>intrusion-set,threat-actor compromises>infrastructure
  originates-from>location targets>identity,location,vulnerability
  uses>attack-pattern,infrastructure,malware,tool
course-of-action: investigates>indicator
  mitigates>attack-pattern,indicator,malware,tool,vulnerability remediates>malware,vulnerability
domain-name: resolves-to>domain-name,ipv4-addr,ipv6-addr
identity: located-at>location
indicator: based-on>observed-data
  indicates>attack-pattern,campaign,infrastructure,intrusion-set,malware,threat-actor,tool
infrastructure: communicates-with>domain-name,infrastructure,ipv4-addr,ipv6-addr,url
  consists-of>infrastructure,observed-data,sco controls>infrastructure,malware delivers>malware
  has>vulnerability hosts>malware,tool located-at>location uses>infrastructure
intrusion-set: attributed-to>threat-actor compromises>infrastructure hosts>infrastructure
  originates-from>location owns>infrastructure targets>identity,location,vulnerability
  uses>attack-pattern,infrastructure,malware,tool
ipv4-addr: belongs-to>autonomous-system resolves-to>mac-addr
ipv6-addr: belongs-to>autonomous-system resolves-to>mac-addr
malware: authored-by>intrusion-set,threat-actor beacons-to>infrastructure
  communicates-with>domain-name,ipv4-addr,ipv6-addr,url controls>malware
  downloads>file,malware,tool drops>file,malware,tool exfiltrates-to>infrastructure
  exploits>vulnerability originates-from>location targets>identity,infrastructure,location
  uses>attack-pattern,infrastructure,malware,tool variant-of>malware
malware-analysis: analysis-of>malware characterizes>malware dynamic-analysis-of>malware
  static-analysis-of>malware
threat-actor: attributed-to>identity compromises>infrastructure hosts>infrastructure
  impersonates>identity located-at>location owns>infrastructure
  targets>identity,location,vulnerability uses>attack-pattern,infrastructure,malware,tool
tool: delivers>malware drops>malware has>vulnerability
  targets>identity,infrastructure,location,vulnerability uses>infrastructure
"""


def _tables(text: str) -> dict[str, tuple[str, ...]]:
    lines = text.strip().replace("\n  ", " ").splitlines()
    pairs = (line.partition(":") for line in lines)
    return {name: tuple(rest.split()) for name, _, rest in pairs}


VOCABULARIES: Final = {name: frozenset(words) for name, words in _tables(_WORDS).items()}
# By the type of the source: what relationships the standard names, and to what types.
RELATIONSHIPS: Final = {
    source: {
        name: frozenset(targets.split(","))
        for name, _, targets in (word.partition(">") for word in words)
    }
    for source, words in _tables(_RELATIONSHIPS).items()
}
# Between any two objects (section 5, and what every type of section 4 lists).
COMMON_RELATIONSHIPS: Final = frozenset({"derived-from", "duplicate-of", "related-to"})
