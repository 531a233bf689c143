"""Words that are not the name itself: particles, titles, legal forms; and short forms of words.

Everything is in Latin letters as `text.words_of` and `cyrillic.latin` give them.
"""

from typing import Final

PARTICLES: Final = frozenset(
    "al el ul il an as ash ad ar at az bin ibn ben bint binti bent ould wuld ulu oglu ogly kyzy "
    "de del della di da das dos du la le las los van von der den ter y e i s o a of the and for "
    "und et и و بن ابن بنت ولد ال آل".split()
)
TITLES: Final = frozenset(
    "mr mrs ms miss mstr dr prof sir madam sr sra hajji haji haj hajj al-haj alhaj mullah mulla "
    "maulavi mawlawi maulvi molvi maulana sheikh shaykh shaikh sheik cheikh sayyid gen general col "
    "colonel maj major capt captain lt lieutenant brig brigadier adm admiral senator minister "
    "president don dona doctor engineer eng ing jr junior snr "
    "mv mt ms ss fv m/v m/t shkh الشيخ شيخ حاج حاجي الحاج ملا مولوي دكتور г-н господин".split()
)
# Titles which are also names of people: they stay, and count little.
LIGHT: Final = frozenset(
    "haji hajji mullah mulla maulavi mawlawi maulvi sheikh shaykh shaikh sheik cheikh sayyid "
    "shah khan agha abu abou abi umm ابو ام سيد آغا خان شاه".split()
)
_FORMS: Final = {
    "@llc": "llc|l l c|limited liability company|limited liability co|ooo|o o o|obshchestvo s ogranichennoy "
    "otvetstvennostyu|obshchestvo s ogranichennoi otvetstvennostyu|obschestvo s ogranichennoy "
    "otvetstvennostyu|tov|too|gmbh|gesellschaft mit beschrankter haftung|srl|s r l|sarl|s a r l|spol s r o|sro|"
    "s r o|doo|d o o|fze|fzc|fzco|fz llc|free zone establishment|free zone company|wll|w l l|bv|b v|ltda|limitada|"
    "eood|ood|kft|sp z o o|oy|aps|uab|sia|ou|sociedad de responsabilidad limitada|s de r l|s de r l de c v|lda|"
    "mas uliyati cheklangan jamiyat|mchj|eurl|pte ltd|pte limited|private limited|pvt ltd|pvt limited|"
    "limited|ltd|limited company|co ltd|company limited|co limited|co l t d|plc|public limited company|pty ltd|ltd sti|limited sirketi|"
    "sdn bhd|bhd|eirl|e i r l|limited liability partnership|llp|lp|limited partnership",
    "@jsc": "jsc|j s c|joint stock company|joint stock co|ao|a o|aktsionernoe obshchestvo|aktsionernoye obshchestvo|"
    "pjsc|public joint stock company|pao|publichnoe aktsionernoe obshchestvo|publichnoye aktsionernoye obshchestvo|"
    "ojsc|open joint stock company|oao|otkrytoe aktsionernoe obshchestvo|otkrytoye aktsionernoye obshchestvo|"
    "cjsc|closed joint stock company|zao|zakrytoe aktsionernoe obshchestvo|zakrytoye aktsionernoye obshchestvo|"
    "sa|s a|sociedad anonima|societe anonyme|sa de cv|s a de c v|s a de cv|sociedad anonima de capital variable|"
    "ag|aktiengesellschaft|spa|s p a|nv|n v|as|a s|ab|asa|pat|prat|at|tbk|pt|ad|dd|d d|kg|sas|s a s|psc|pjs|p j s|"
    "private joint stock company|aktsiyadorlik jamiyati|anonim sirketi|public jsc|saog|saoc|kk|kabushiki kaisha|"
    "inc|incorporated|corp|corporation|co|company|compania|compagnie|cia|ltee|lte|coy|kompaniya|"
    "stock corporation|group of companies|sal|s a l|gbr|ohg|ev|e v|est|establishment|soe|fgup|fsue|guп|gup|"
    "federal state unitary enterprise|nao|np|ano|ip",
}
FORM_OF: Final = {
    tuple(words.split(" ")): form for form, texts in _FORMS.items() for words in texts.split("|")
}
FORM_STARTS: Final = frozenset(words[0] for words in FORM_OF)
FORM_LONGEST: Final = max(len(words) for words in FORM_OF)
WHOLE: Final = dict(
    pair.split("=")
    for pair in (
        "intl=international int'l=international internatl=international trdg=trading trad=trading grp=group "
        "ind=industries inds=industries indus=industries mfg=manufacturing eng=engineering engg=engineering "
        "bros=brothers natl=national nat'l=national govt=government gen=general dept=department "
        "min=ministry univ=university tech=technology technol=technology svcs=services serv=services "
        "svc=service shpg=shipping shp=shipping trans=transport transp=transport constr=construction "
        "corpn=corporation assn=association assoc=association inst=institute org=organization "
        "organisation=organization dev=development mgmt=management mgt=management exp=export imp=import "
        "petrochem=petrochemical pharm=pharmaceutical st=saint"
    ).split()
)
_ALSO: Final = (
    "alexander aleksandr alex sasha sanya shura aleks iskandar", "alexei aleksei alexey alyosha lyosha",
    "anatoly anatoliy tolya tolik", "andrei andrey andriy andrew andy andreas", "anton tony antony anthony antonio",
    "boris borya", "vadim vadik", "valentin valya", "valery valera valeri", "vasily vasya vasiliy vasyl",
    "viktor victor vitya", "vitaly vitalik vitaliy", "vladimir vova volodya volodymyr vladim",
    "vladislav vlad", "vyacheslav slava viacheslav", "gennady gena", "georgy zhora goga georgiy george",
    "grigory grisha gregory grigoriy hryhoriy", "denis den denys", "dmitry dima mitya dmitri dmytro dmitriy",
    "evgeny zhenya eugene yevhen evgeniy", "ivan vanya john johnny", "igor ihor gosha", "ilya ilyusha",
    "konstantin kostya", "leonid lyonya", "maxim maks max maksym", "mikhail misha michael mike mykhailo mick mickey",
    "nikita nik", "nikolai kolya nicholas nick mykola nikolay", "oleg oleh", "pavel pasha paul pavlo",
    "pyotr petya peter petr petro pete", "roman roma", "sergei seryozha sergey serhiy serega serge",
    "stanislav stas", "stepan styopa stephen steve steven stefan", "timur tima", "fyodor fedya fedor theodore",
    "yuri yura yuriy yury", "yaroslav yarik", "elena lena olena helen", "ekaterina katya catherine kate kathy",
    "maria masha mary mariya", "natalia natasha nataliya", "olga olya olha", "tatiana tanya tatyana",
    "anna anya ann anne", "svetlana sveta", "irina ira iryna", "lyudmila lyuda", "yulia yulya julia", "galina galya",
    "robert bob rob bobby bert roberto", "william bill will billy willy", "richard dick rick ricky ricardo",
    "james jim jimmy jaime jamie", "joseph joe jose pepe joey", "thomas tom tommy tomas", "charles charlie chuck carlos",
    "edward ed eddie ted eduardo lalo", "henry harry hank enrique kike", "lawrence larry", "daniel dan danny",
    "david dave davy", "samuel sam sammy", "benjamin ben benny", "christopher chris", "matthew matt",
    "kenneth ken", "ronald ron", "donald don", "gerald gerry jerry", "patrick pat paddy", "timothy tim",
    "francisco paco pancho francis frank kiko", "manuel manolo manny", "jesus chuy", "ignacio nacho",
    "guadalupe lupe", "guillermo memo", "luis lucho louis lou", "fernando nando", "rafael rafa", "alfonso poncho",
    "alejandro alex ale", "gabriel gabo", "santiago chago", "miguel mike", "jorge george", "juan john",
    "elizabeth liz beth betty", "margaret maggie peggy", "katherine kathy", "patricia pat patty",
    "rodrigo rodri", "vicente chente", "salvador chava", "leopoldo polo", "refugio cuco", "rosario chayo",
    "muhammad mo mohd md muhd mohammed", "abdullah abdo abdallah", "mustafa mostafa", "ibrahim abe ebrahim",
    "yusuf joseph yousef", "musa moses", "daud david", "yaqub jacob", "ishaq isaac", "sulayman solomon",
    "abdulrahman rahman", "mehmet muhammad", "osman othman uthman", "omar umar", "ahmad ahmet",
)  # fmt: skip
ALSO: Final[dict[str, frozenset[int]]] = {
    word: frozenset(i for i, words in enumerate(_ALSO) if word in words.split())
    for words in _ALSO
    for word in words.split()
}
