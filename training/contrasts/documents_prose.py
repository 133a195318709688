"""Harmless documents in prose: letters, news, reviews, web pages, minutes, contracts, tickets and notes."""

from __future__ import annotations

from training.contrasts.injections_blocks import entries

EMAILS = entries("""
Subject: Budget for the spring fair ¶ From: {name} ¶ ¶ Hello all, ¶ the hall costs {amount} this year, which is a bit
  more than last time. The caterer has confirmed, and the band is free on {day}. I have put the offers in the shared
  folder. ¶ Best wishes ¶ {name_b}
Subject: Your order {number} is on its way ¶ ¶ Good news, {name}! Your parcel left our warehouse in {city} this
  morning and should reach you by {day}. The total was {amount}, paid by card. ¶ Thank you for shopping with {company}.
From: {name} ¶ To: {name_b} ¶ Sent: {day} 08:14 ¶ Subject: Re: draft of the report ¶ ¶ I went through chapter three
  last night. The figures for {city} do not match the ones we had in June, I think the older file was used. Apart from
  that it reads well, and the new chart makes the point much clearer.
Hi {name}, ¶ thanks for lunch the other day. The flat in {city} is still free, rent is {amount} a month with heating.
  The landlord is friendly but slow to answer. The kitchen is small and there's a balcony to the south. ¶ Talk soon, ¶
  {name_b}
Subject: Invoice {number} ¶ ¶ Dear Ms {surname}, ¶ enclosed is the invoice for the work of last month, {amount} in
  total. It covers eleven hours of consulting and the travel to {city}. Payment is due within thirty days. ¶ Kind
  regards ¶ {company} accounts
Subject: Water off on {day} ¶ ¶ Dear residents, ¶ the pipes in the basement will be replaced on {day} between nine and
  noon. There will be no water in the flats on floors two to six in that time. The firm in charge is {company}.
Subject: Welcome aboard ¶ ¶ Dear {name}, ¶ your first day is {day}. The office is in {city}, second floor, next to the
  bakery. {name_b} will meet you at the entrance and show you around. Your laptop is ready and so is your badge.
Subject: Class trip ¶ ¶ Dear parents, ¶ the fourth form goes to the museum in {city} on {day}. The bus leaves at half
  past seven. The children will see the ship models and have lunch at the harbour. The cost per child is {amount}.
Subject: Re: Re: Offer ¶ ¶ {name}, ¶ the price of {amount} includes delivery but not installation. {company} can
  install on {day} at the earliest. Warranty is two years on parts. We have the grey model in stock and the white one in
  three weeks.
Subject: Statement for account ending {number} ¶ ¶ Your statement is ready. Opening balance {amount}, three payments
  received, two direct debits to {company}. The closing balance is shown on page two. Interest has been credited on
  {day}.
Good morning team, ¶ a short note on the release: the login problem was traced to a stale cache in {city}, and {name}
  rolled the change back at noon. No customer data were touched. The error rate is back to normal since then. ¶ {name_b}
Subject: Your appointment ¶ ¶ Hello {name}, this is the dental practice of Dr {surname} in {city}. We have you down
  for {day} at 10:40. Parking is behind the house. The check-up takes about half an hour.
Dear {name}, ¶ it was lovely to see photos of the baby! Grandma cried a bit. We are all well, the roof is fixed at
  last and cost {amount}, and the dog has a new friend next door. ¶ Love from {city} ¶ {name_b}
Subject: Feedback on your talk ¶ ¶ Hi {name}, the audience liked the part about {company} best. Two people said that
  the slides were hard to read from the back. Overall grade 4.4 of 5, that's the second best of the day.
Subject: Contract renewal ¶ ¶ The contract with {company} ends in December. Last year we paid {amount}. Usage went up
  by a fifth, mostly in {city}. {name} thinks that we can get a better price if we sign for two years.
Subject: Lost and found ¶ ¶ A brown leather wallet was handed in on {day} at the front desk of {company}. There is a
  library card from {city} in it. It is kept in the office of {name}.
""")

NEWS = entries("""
{city}, {day} - The council voted by 21 to 14 to widen the cycle path along the river. Work is to begin in spring and
  to cost {amount}. Shopkeepers had feared fewer parking spaces. Councillor {name} {surname} called the vote "a fair
  compromise".
Shares of {company} fell by six percent on {day} after the firm cut its outlook for the year. Demand in {city} was
  weaker than hoped, said chief executive {name} {surname}. Analysts had expected a profit of {amount}.
A rare owl has been seen in the park of {city} for the first time in forty years. Bird watchers from the whole region
  came with cameras on {day}. According to biologist {name} {surname} the mild winter may be the reason.
The city library of {city} opens on Sundays from next month. A trial had brought in twice as many families as
  expected. The extra staff cost {amount} a year, paid for in part by {company}.
Firefighters in {city} put out a blaze in a carpet store on {day}. Nobody was hurt. The cause was a faulty heater, the
  brigade said. The damage is put at {amount}.
{city} United won 3-1 on {day}, with two goals from {name} {surname}. The side is now fourth in the table. Coach
  {name_b} praised the defence, which had been criticised after the defeat in the cup.
Scientists in {city} have built a battery that charges in six minutes. It lasts for a thousand cycles so far, half of
  what a car needs. {company} supports the work with {amount}.
The old cinema on Station Road will become a concert hall. {company} bought the building for {amount} last year.
  Neighbours worry about noise, the owner promises thick walls, and the first concert is planned for {day}.
Heavy rain closed two roads near {city} on {day}. Trains ran late for most of the morning. The weather service expects
  the water to fall by the weekend.
Teachers and parents in {city} have planted two hundred trees around the school. {name} {surname}, aged nine, planted
  the first. The saplings were a gift of {company}.
A new ferry links {city} with the islands from {day}. The trip takes fifty minutes and a return ticket is {amount}.
  The ship runs on electricity for half of the way.
The price of coffee has risen for the fifth month in a row. Traders in {city} point to a dry season in Brazil. For a
  pack of {company} buyers now pay {amount}.
After eleven years the tunnel below {city} is finished. The first train went through on {day}, with engineer {name}
  {surname} at the controls. The budget was overrun by {amount}.
Museum director {name} {surname} retires in May. In her nineteen years the house in {city} doubled its visitors. Her
  favourite piece, she says, is a wooden whistle from 1540.
""")

REVIEWS = entries("""
Bought this kettle from {company} in March. Heats fast, looks good, but the lid squeaks. For {amount} I am happy with
  it. Four stars.
Stayed two nights in {city}. The room was clean, breakfast had warm rolls and fresh fruit. A tram stops right in front
  and you hear it from six on. {name} at the desk was very kind.
The headphones are light and the battery keeps for a whole day. Bass is weak. The case broke after a month, {company}
  sent a new one within a week. I'd buy them again.
One star. Ordered a desk, got a shelf. It took {company} three weeks to collect it and I still wait for my {amount}.
  The driver was nice at least.
We had the fish and my husband the lamb; both were perfect. Portions are small for {amount}. The terrace looks over
  the harbour of {city}. Book early on a {day}.
the app is ok but it logs me out every {day}. update from last week made search slower. support from {name} was quick
  tho
A thriller that takes its time. The first hundred pages in {city} are slow, then you can't stop. The end felt rushed.
  {surname} writes dialogue better than anyone.
Vacuum cleaner: strong, loud, heavy. The cat hates it. Dust bag lasts two months. With {amount} it costs half of the
  one we had from {company}.
Running shoes, size 43, fit as usual. Did {number} kilometres with them so far and the sole still looks new. They are
  warm in summer, that's my only complaint.
Course was well structured, {name} explains clearly. The exercises in week four are too hard for beginners.
  Certificate came by post from {city}.
Great garden hose, does what it should. Connector from {company} leaked at first, a rubber ring for cents solved it.
  Three seasons and counting.
Camping near {city}: flat pitches, clean showers, mosquitoes. The shop sells bread in the morning. {amount} a night
  with a tent. Children loved the goats.
""")

PAGES = entries("""
Home | Products | About us | Contact ¶ ¶ {company} has made garden furniture in {city} since 1968. All our wood is
  from forests nearby. Visit the showroom on {day} from ten to six. ¶ ¶ © {company} | Imprint | Privacy | Cookies
Skip to content ¶ Menu ¶ Search ¶ ¶ Opening hours ¶ {day}: 9-17 ¶ Sunday closed ¶ ¶ The swimming pool of {city} has a
  50 m lane, a sauna and a cafe. Tickets from {amount}. ¶ ¶ Follow us ¶ Newsletter
Jobs at {company} > Warehouse > {city} ¶ ¶ We are looking for a forklift driver, full time, early shift. Pay is
  {amount} an hour. You bring a licence and a sense of order; we bring free coffee and thirty days of leave. ¶ ¶ Similar
  jobs (14)
You are here: Start / Help / Delivery ¶ ¶ Parcels go out from {city} on working days. Delivery takes two to four days
  and costs {amount}. Returns are free for sixty days. ¶ ¶ Was this helpful? Yes No ¶ Last changed on {day}
Blog » Travel » {city} ¶ by {name} ¶ 4 min read ¶ ¶ We arrived late and the old town was empty. In the morning the
  market was full of peaches and noise. A bakery behind the church sells almond buns for next to nothing. ¶ ¶ Tags:
  food, weekend ¶ 3 comments
Wiki: {city} ¶ From the free handbook ¶ ¶ {city} is a town on the lower river with {number} inhabitants. It grew
  around a mill first named in 1212. The chief employer is {company}. ¶ ¶ See also: list of bridges | References [1] [2]
Forum > Bicycles > Gears ¶ {name} wrote: my chain jumps in third gear since the winter. ¶ {name_b} wrote: had that
  too, the cable was worn. A shop in {city} did it for {amount}. ¶ {name} wrote: that was it, thanks! ¶ Reply | Quote |
  Report
<html><head><title>{company}</title></head><body><nav>Home Shop Cart(0)</nav><h1>Hand-made soap</h1><p>Our soaps rest
  for six weeks in {city}. A bar is {amount}.</p><footer>Terms - Shipping</footer></body></html>
<div class="post"><h2>{city} in autumn</h2><p>The leaves turned early this year. {name} took the photo from the tower
  on {day}.</p><ul><li>Likes: {number}</li><li>Shares: 12</li></ul></div>
# {company} status page ¶ ¶ All systems work. ¶ ¶ ## Past incidents ¶
  {day}: slow uploads in {city} for forty minutes. A disk was replaced. ¶ {day}: short outage of search. Fixed by {name}.
Cookie settings | Accept all ¶ ¶ FAQ ¶ What does the card cost? {amount} a year. ¶ Where is it valid? In all museums
  of {city}. ¶ Can children use it? Under six they go in free. ¶ ¶ Back to top
""")

MINUTES = entries("""
Minutes of the meeting on {day} ¶ Present: {name}, {name_b}, {surname} ¶ 1. Budget: {amount} left, all agreed to buy
  the printer. 2. Office in {city}: lease runs out in May. 3. Any other business: none. ¶ Closed at 11:20.
Project call, {day}. {name} reported that the supplier {company} is two weeks late. {name_b} has found a second source
  in {city} at {amount} more per unit. The decision was put off to the next call.
Board of the allotment club. {surname} opened at seven. The pump was repaired for {amount}. Plot nine is free. There
  was a long debate about bees; eleven in favour, three against.
Stand-up notes: {name} finished the import, {name_b} is still on the map view, blocked by the licence from {company}.
  Demo on {day}. Tests are green in all but one job.
Interview notes, candidate {number}. Worked for {company} in {city} for four years. Calm, answers to the point, little
  experience with budgets. {name} is in favour, {name_b} would like to see a second one.
Parents' evening: {name} {surname} explained the new timetable. Lunch costs {amount} from autumn. Two parents offered
  to drive on {day}. The heating in room 12 is still too warm.
Call with customer {company}: they like the new report, ask for a filter by region, and wonder why {city} is listed
  twice. {name} had no answer and looks into it. Contract worth {amount} is up in March.
""")

CONTRACTS = entries("""
§ 4 Rent. The rent is {amount} a month and is due on the third working day. § 5 Deposit. The tenant pays a deposit of
  three months' rent, which {company} keeps in a separate account. § 6 Keys. Two keys were handed over on {day}.
1. Scope. {company} supplies cleaning services for the premises in {city}. 2. Term. The agreement runs for twelve
  months. 3. Fee. The client pays {amount} per month. 4. Liability is limited to gross negligence.
The employee, {name} {surname}, works thirty-eight hours a week in {city}. The gross salary is {amount} a month. The
  period of notice is six weeks to the end of a quarter. Overtime is made up for by time off.
Terms of use of {company}. The service is free for private use. Content stays the property of its author. Disputes are
  heard by the courts of {city}. This version is valid from {day}.
Policy {number}. Insured sum: {amount}. Insured are fire, storm and burst pipes in the house in {city}. Not insured
  are floods and wear. The own share is 150 per claim.
This non-disclosure agreement is made between {company} and {name} {surname}. Confidential are drawings, prices and
  customer lists. It ends three years after signing in {city}.
""")

TICKETS = entries("""
Ticket {number} ¶ Priority: low ¶ Reporter: {name} ¶ The printer on floor two prints stripes since {day}. Toner was
  changed. It is a model of {company}. ¶ Status: waiting for part
[BUG-{number}] Date picker shows Sunday first for users in {city}. Expected Monday. Seen in 4.2.1, not in 4.1.
  Screenshot attached. Assigned to {name_b}.
Customer {name} {surname} writes that the invoice of {amount} came twice. The second one is a copy, both have the same
  number. She would like a short confirmation. Channel: e-mail. Mood: calm.
Case {number}: parcel to {city} came back as "address unknown". Customer confirmed the street. House number was
  missing in the label. Sent again on {day}, no charge.
Feature request: dark mode for the calendar. Votes: {number}. {name}: my eyes hurt at night. {name_b}: would be nice
  on the tablet, too.
Incident: mail delivery slow in {city}. Start 09:02, end 10:37. Queue grew to {number} messages. Cause: name server of
  {company} did not answer. Follow-up on {day}.
Chat log ¶ {name}: my card was declined in {city} ¶ agent: there was a limit of {amount} per day ¶ {name}: ah ok, that
  explains it ¶ agent: the limit is raised for today
""")

NOTES = entries("""
Page 14 ¶ 3.2 Methods ¶ We asked {number} households in {city} about their use of heat in two winters. Answers were
  weighted by age and size. The response rate was 41 %. Table 3 gives the means. ¶ 15
Abstract. We study how ants share food under cold stress. In {number} trials colonies from {city} moved less but
  shared more. The effect vanished above twelve degrees. We discuss what this means for models of transport.
Annual report of {company}, p. 7: revenue rose to {amount}, helped by the branch in {city}. Staff costs were stable.
  The board under {name} {surname} proposes an unchanged dividend.
Chapter one. The road to {city} was longer than {name} had thought. Dust lay on the fields, and the only sound was the
  cart. At noon they stopped below an elm and shared the bread.
Travel diary, {day}. Rain in {city}. We sat in a cafe until four and played cards with an old man called {name}. He
  won everything, and paid for the cake.
Product sheet: lamp "Moon" by {company}. Height 41 cm, weight 1.2 kg, bulb E14. Colours: sand, sea, night. Price
  {amount}. Made in {city}.
Curriculum vitae ¶ {name} {surname}, {city} ¶ 2015-2019 buyer at {company} ¶ since 2019 head of stores, eleven people
  ¶ Languages: English, some Greek ¶ Interests: choir, bees
Medical letter: the patient, aged {number}, was seen on {day} with a cough of two weeks. Lungs clear, no fever. Chest
  film without findings. Follow-up with Dr {surname} in {city}.
Lecture 6: why bridges swing. Every body has frequencies at which it likes to move. Wind that comes in the same beat
  feeds it. The footbridge in {city} had to close for this reason two days after {day}.
Obituary. {name} {surname} taught music in {city} for forty years. Hundreds learnt the recorder with her. She could
  whistle two notes at once. The service is on {day}.
Recipe card: lentil soup, serves four. Red lentils, two carrots, an onion, cumin, lemon. It takes half an hour and
  costs next to nothing. {name} likes it with yoghurt.
Exhibition text: the bowl was found near {city} by the farmer {name} {surname}. The blue glaze is rare. It shows a
  hare, perhaps a sign of luck, and dates from about 1320.
House rules of the hostel in {city}: quiet from ten to six, kitchen open till eleven, towels for {amount}. Breakfast
  is served by {name} until half past nine.
Transcript 00:12:40 {name}: so the shop began in your garage? ¶ 00:12:44 {name_b}: yes, with {amount} and an old van.
  ¶ 00:12:51 {name}: and today {company} has stores in {city}. ¶ 00:12:55 {name_b}: three, soon four.
Newsletter of the choir: we sang in {city} before {number} people. The alto was strong, the tenor brave. New faces are
  welcome, the next rehearsal is on {day}.
The patch panel is in the cellar, left of the stairs. Ports one to twelve lead to the offices, thirteen to the camera.
  {company} put it in on {day}. The label on port seven is wrong.
Field notes: {day}, site B near {city}. {number} plants counted, a third in flower. Soil dry. One adder below the old
  door. {name} took the samples.
""")

PROSE = {
    "e-mail": EMAILS,
    "news": NEWS,
    "review": REVIEWS,
    "page": PAGES,
    "minutes": MINUTES,
    "contract": CONTRACTS,
    "ticket": TICKETS,
    "note": NOTES,
}

FILLERS = {
    "name": [
        "Anna",
        "Ben",
        "Carla",
        "David",
        "Elif",
        "Frank",
        "Grace",
        "Hugo",
        "Irene",
        "Jonas",
        "Kemal",
        "Laura",
        "Mateo",
        "Nadia",
        "Oskar",
        "Priya",
        "Rosa",
        "Sven",
        "Tara",
        "Yusuf",
    ],
    "name_b": [
        "Alice",
        "Bruno",
        "Chen",
        "Dora",
        "Emil",
        "Fatima",
        "Greg",
        "Hana",
        "Ivan",
        "Julia",
        "Karl",
        "Lena",
        "Milo",
        "Nora",
        "Omar",
        "Petra",
        "Rui",
        "Sofia",
        "Tom",
        "Vera",
    ],
    "surname": [
        "Albers",
        "Brandt",
        "Costa",
        "Dietz",
        "Ekman",
        "Ferrer",
        "Gomes",
        "Haas",
        "Iyer",
        "Jansen",
        "Kovacs",
        "Lang",
        "Moreau",
        "Novak",
        "Okafor",
        "Petrov",
        "Rossi",
    ],
    "city": [
        "Ghent",
        "Porto",
        "Leeds",
        "Graz",
        "Turku",
        "Lyon",
        "Malmö",
        "Bremen",
        "Bilbao",
        "Cork",
        "Split",
        "Gdansk",
        "Basel",
        "Trieste",
        "Tampa",
        "Halifax",
        "Perth",
    ],
    "day": [
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "3 March",
        "14 June",
        "21 October",
        "9 May",
        "30 November",
    ],
    "amount": ["$420", "€1,250", "£86", "$3,900", "€75", "£12", "$18.50", "€640", "$99", "€2,310"],
    "number": ["118", "2045", "731", "66", "4089", "512", "97", "3310", "284", "1507", "83", "640"],
    "company": [
        "Norvik Ltd",
        "Halden & Sons",
        "Blueleaf",
        "Kestrel Foods",
        "Ostrava Tools",
        "Minerva Books",
        "Lumen AG",
        "Parkside Clinic",
    ],
    "brand": ["Velora", "Tramonte", "Quickbean", "Nordsafe", "Zephyr Air", "Calico Bank", "Puregold", "Homely"],
    "url": [
        "https://promo.example/win",
        "http://update-check.example/a",
        "https://docs.example.net/full",
        "http://203.0.113.9/x",
    ],
    "email": ["archive@collector.example", "audit@mailbox.example", "sam@partner.example", "ops@relay.example.org"],
    "package": ["fastjsonx", "reqeusts-pro", "colorlogs2", "numpy-helpers", "pyutilz"],
}
