"""Sentences for the free-text questions, and JSON values of questions that no statistic reads. All invented."""

LANGUAGES = (
    '["ukrainian_1b2c3d4"]',
    '["ukrainian_1b2c3d4","russian_8d0e4f7"]',
    '["russian_8d0e4f7"]',
    '["ukrainian_1b2c3d4","romanian_c2b9a16"]',
    '["ukrainian_1b2c3d4","hungarian_5f7d301"]',
)
DESTINATIONS = ('"germany"', '"poland"', '"italy"', '"spain"', '"united_kingdom"', '"canada"')
ACCOMMODATIONS = ('"rented_home"', '"host_family"', '"collective_centre"', '"hotel"', '"residential_service"')
NOTES = (
    "Familia a fost informată despre drepturile copilului.",
    "Copilul este liniștit și răspunde la întrebări.",
    "Mama caută un loc de muncă în oraș.",
    "S-a stabilit o nouă întâlnire la sediul direcției.",
    "Дитина хоче повернутися до своєї школи.",
    "Бабуся просить допомогти з ліками.",
    "Родина планує залишитися до кінця навчального року.",
    "Părintele a refuzat să răspundă la unele întrebări.",
    "Copilul participă la activitățile centrului de zi.",
    "Мати має роботу, дитина вдома з тіткою.",
    "S-au oferit materiale informative în limba ucraineană.",
    "Documentele de identitate au fost prezentate în original.",
)
NEEDS = (
    "Haine de iarnă și rechizite școlare.",
    "Sprijin pentru înscrierea la grădiniță.",
    "Consiliere psihologică pentru copil.",
    "Курси румунської мови.",
    "Допомога з оформленням тимчасового захисту.",
    "Medic de familie în apropierea locuinței.",
    "Продуктові набори на два тижні.",
    "Transport până la școală.",
)
