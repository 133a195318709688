"""Short rude remarks and their polite neighbours, for tone without any slur: toxic | civil."""

from __future__ import annotations

PAIRS = """
Are you deaf or just dense? | Are you free or just between meetings?
Nobody cares, go away. | Nobody's here yet, go ahead.
Typical. You can't even get that right, can you. | Typical Monday. The door code has changed again.
I'm embarrassed to share a planet with you. | I'm embarrassed to ask, but how does one share a screen?
You're boring, you're ugly and you're late. | You're early, and I'm late, so we're even.
Your whole life is one long mistake. | Your whole report has one small mistake, in line nine.
Do you practise being annoying? | Do you practise on weekdays, too?
My cat has better judgement than your entire family. | My cat has better manners than our whole family.
He's a lazy, lying slob who lives off his mother. | He's been ill for a year and lives with his mother.
She slept her way up, ask anyone. | She worked her way up, ask anyone.
Take your whining elsewhere, crybaby. | Take your coat elsewhere, please, the chair is wet.
You have the charm of a blocked drain. | You have a blocked drain, the plumber says.
What a creep, look at those eyes. | What a sky, look at those colours.
Stay in your lane, peasant. | Stay in your lane until the second exit.
You clearly can't read, so let me use small words for your small mind. | The print is so small that I can't read it.
I would call you stupid, but that insults stupid people. | I wouldn't call it stupid, only hasty.
Cry about it, you big baby. | The big baby next door cries at four each night.
That's rich, coming from a nobody like you. | That's a rich soup, thanks to nobody but you.
Nobody will ever love someone as needy as you. | Nobody loves this needy printer.
I'd feel sorry for your kids if they weren't as dull as you. | I feel sorry for your kids, two weeks of rain.
Look at this cow squeezed into a dress. | Look at this cow, she has squeezed through the fence.
Hands off my page, you dirty vandal. | Hands off my plate, you hungry vandal, love you.
Face it, you were the mistake your parents never talk about. | Face it, we were lost and neither of us wanted to ask.
You're so fake that plastic feels sorry for you. | These flowers are fake, feel the plastic.
Sit down, old man, you've lost your mind and your hair. | Sit down, old friend, you've lost your hat again.
Pray that I don't find you. | Pray that I find my passport.
Die in a fire. | The soup died in a fire, we're ordering pizza.
You'll never be more than a joke to us. | It was never more than a joke between us, and she laughed most.
Whoever hired you should be fired, you walking disaster. | Whoever hired the band should get a raise.
I can smell your stupidity from here. | I can smell your bread from here.
Another garbage take from the king of garbage takes. | Another garbage day, another missing bin.
Your voice makes me want to cut off my ears. | Your voice makes me want to learn the cello.
Stop breathing so loud, pig. | Stop at the farm if you want to see the pig.
I've scraped smarter things off my boot. | I've scraped the frost off your car.
If you were any slower you'd be dead, and that would be an improvement. | If the queue were any slower I'd have grown a beard.
Everyone laughs when you leave the room, you know. | Everyone laughed when the dog left the room.
You were hired to fill a chair, and even that's too hard for you. | We've one chair left to fill on the jury.
"""
