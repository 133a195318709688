"""Groups that the sentences about hate speak of.

A line holds: plural | one person with article | emoji or nothing.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Group:
    """One group of people, in the forms that a sentence needs."""

    plural: str
    one: str
    emoji: str = ""


def _groups(block: str) -> tuple[Group, ...]:
    lines = (line.split("|") for line in block.strip().splitlines())
    return tuple(Group(*(part.strip() for part in parts)) for parts in lines)


PROTECTED = _groups("""
women | a woman | 👩
trans people | a trans person | 🏳️‍⚧️
trans women | a trans woman | 🏳️‍⚧️
gay people | a gay person | 🏳️‍🌈
gay men | a gay man | 👨‍❤️‍👨
lesbians | a lesbian | 👩‍❤️‍👩
bisexuals | a bisexual |
black people | a black person | 👨🏿
black women | a black woman | 👩🏿
disabled people | a disabled person | 👩‍🦽
wheelchair users | a wheelchair user | 👨‍🦽
autistic people | an autistic person |
blind people | a blind person | 👨‍🦯
deaf people | a deaf person | 🧏
Muslims | a Muslim | 🧕
Muslim women | a Muslim woman | 🧕
Jews | a Jew | ✡️
Jewish people | a Jewish person | ✡️
Christians | a Christian | ✝️
Hindus | a Hindu | 🕉️
Sikhs | a Sikh | 👳
immigrants | an immigrant | 🛂
refugees | a refugee |
asylum seekers | an asylum seeker |
Asians | an Asian |
Chinese people | a Chinese person | 🇨🇳
Indians | an Indian | 🇮🇳
Pakistanis | a Pakistani | 🇵🇰
Mexicans | a Mexican | 🇲🇽
Latinos | a Latino |
Arabs | an Arab |
Africans | an African | 🌍
Nigerians | a Nigerian | 🇳🇬
Roma people | a Roma person |
Native Americans | a Native American |
Polish people | a Polish person | 🇵🇱
Turks | a Turk | 🇹🇷
Iranians | an Iranian | 🇮🇷
white people | a white person | 👱
men | a man | 👨
older people | an older person | 👵
nonbinary people | a nonbinary person |
""")

UNPROTECTED = _groups("""
bankers | a banker |
lawyers | a lawyer |
landlords | a landlord |
politicians | a politician |
journalists | a journalist |
football fans | a football fan |
United fans | a United fan |
gamers | a gamer |
estate agents | an estate agent |
influencers | an influencer |
conservatives | a conservative |
liberals | a liberal |
socialists | a socialist |
cyclists | a cyclist |
vegans | a vegan |
smokers | a smoker |
managers | a manager |
tech bros | a tech bro |
crypto traders | a crypto trader |
anti-vaxxers | an anti-vaxxer |
dog owners | a dog owner |
students | a student |
consultants | a consultant |
telemarketers | a telemarketer |
""")

THINGS = """
my printer
this laptop
the new update
the bus service here
that recipe
this parking machine
the tax form
my alarm clock
the wifi in this flat
Monday mornings
the coffee at work
this dishwasher
spam email
mosquitoes
wasps
cockroaches
weeds in my garden
potholes
pop-up ads
cold soup
traffic jams
this video game
the final season
my old car
""".strip().splitlines()
