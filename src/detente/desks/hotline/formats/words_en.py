"""English call words: short, harmless, unlike one another in writing and in sound.

The list is part of spec/kinds/hotline.md 6: a word that changes is another protocol.
"""

from typing import Final

WORDS: Final = tuple(
    """
acorn actor adapt admire adult advice agile album alcove almond amber amble anchor angle animal
anthem antler apple apricot apron arcade arctic arena argue armchair aroma artist ascend ashtray
aspen aspire atlas atom attic auburn author autumn avenue avocado award axis azure badger
balcony ballad ballet balloon balm bamboo banana banjo banner banquet barley barn barrel basil
basket bazaar beach beacon beaker beard bedrock beetle belfry berry bicycle bison blanket
blender blossom blouse bluebell boat bobbin bonnet bonus borrow bounce bouquet bowl boxer
bracelet bramble branch brandy bravo bread breeze brick bridge brief bright broccoli bronze
broom brown brush bubble bucket buckle budget buffalo bugle builder bulb bundle bungalow butler
button buzzard cabbage cabin cable cactus calendar camel camera campus canal canary candle canoe
canopy canvas canyon caramel caravan carbon cardigan cargo caribou carnival carpet carrot
cascade cashew castle cavern ceiling celery cello cement census ceramic cereal chair chalet
chalk channel chapel charm cheddar cheese cherry chestnut chimney chipmunk chorus cider cinema
cinnamon circle circus citrus city clarinet clay clever client climate clinic cloak closet cloud
coach coast cobalt coconut coffee collar column comet comfort concert condor copper coral corner
cosmos costume cottage cotton country cradle crater crayon cream cricket crimson crocus crystal
cube cucumber cupboard curtain cushion custard cycle cypress daffodil dahlia dairy dance daring
dawn daylight decimal deer delta denim dentist design desktop diagram diamond digital dinner
diploma director discount dish district ditto doctor dolphin domino donkey doorbell dough dragon
drama drawer dress drift driver drizzle duck dune duplex durable dust dynamo eagle early earring
east eastern echo eclair economy editor eggplant elastic elbow elder elegant element elephant
elevator emblem emerald emotion engine enjoy epic epoch essay estate event example exhibit
expert extra eyebrow fabric factory falcon famous fancy farmer fashion feather fence fennel fern
fiber fiction fiddle field figure filter finger firefly fisher flag flamingo flannel flask
flavor flint floor florist flower flute foam focus foil folder folk forest formal fortune forum
fountain foxglove fragrant frame freckle freezer fresco friend fruit fudge future galaxy gallery
gallop garage garden garlic garnet gazelle gazette gecko gentle geology gherkin giant gibbon
giraffe glacier gladiola glass glide global globe glucose goblet golden golfer gondola goose
gorilla gourmet grain grammar granite grape gravity grill grocer guava guest guitar gulf gymnast
gypsum habit hall hamlet hammock hamster harbor harmony harp hazel hedgehog helmet herb heron
hexagon hickory highway hiker hobby hockey holiday hollow honest honey hoodie horizon horse
hotel humble hyacinth hybrid hydrant iceberg icon idea igloo iguana image impala inch income
index indigo indoor infant inkwell insect inside invent iris island ivory jacket jaguar jasmine
jelly jewel jigsaw jogging journal journey joyful jubilee juggler jumper jungle junior juniper
jupiter kangaroo kayak kettle keyboard kilogram kimono kiosk kitchen kite kiwi knight knuckle
koala label labor lace ladder lagoon lamp landmark language lantern large lasso laundry laurel
lavender leaf lecture ledger legend lemon lentil leopard lesson lettuce level library lilac lily
linen lion listen litmus lobster local locker locust logic lounge lullaby lumber lunar lunch
luxury lyric macaroni machine magenta magnet magpie mahogany mallard mammal mango mansion mantle
manual maple marble margin marigold marina market marsh marvel mascot mason matrix mattress
meadow melody melon member memory mentor menu merchant mercury meteor method metro migrate
mileage milk miller mimosa mineral minnow mint mirror mitten mixture mobile modern module
molecule month monument morning mosaic mosque mouse movie muffin mulberry muscle museum mushroom
muzzle napkin narrow nature nebula nectar needle neighbor neptune nest network neutral nickel
nimble noble nomad north notebook novel nugget nursery nutmeg nylon oasis oatmeal oboe observe
ocean octave octopus office olive omelet onion onyx opal opera optic orange orbit orchard orchid
oregano organ origin osprey ostrich otter outdoor outfit outline oven overcoat oxygen oyster
package paddle page palace palette pancake panda panel panther papaya paprika parade parcel
parent park parlor parsley partner passage pasta pastry patio pattern pavement peacock peanut
pearl pebble pecan pedal pelican pencil penguin pepper perfume phone photo phrase piano picnic
picture pigeon pillow pine pioneer pitcher pizza planet plateau platinum plaza pocket podium
poem polka pollen pond poplar porridge portal poster postman potato pottery powder prairie
present printer prism profit promise proper proverb pudding pulley pulse pumpkin pupil puppet
purple pyramid quail quality quarry quarter quartz quiet quince quiver quota rabbit raccoon
radio radish railway rainbow raisin rapid rattle ravine reader recipe record region regular
reindeer remedy renew rental repair reptile resort respect retail return rhubarb rhyme ring
ripple robin roller romance roof rooster rope rosemary rotate round rover ruby runner rural
rustic safari saffron sailor salad salmon salsa sample sandal sandwich sapphire sardine satchel
satin saturn sauce sauna scarf scenic scholar school science scissors scout screen script
sculptor season section seesaw select senior sequel serenade sermon settler shadow shampoo sheep
shelf shelter shepherd shiny shirt shoulder shovel shower shrimp shuttle sidewalk silver skater
sketch skiing skillet slate sleigh slipper smile smooth snail snow soap soccer social sofa
softball sonata song soprano sorbet south soybean spaniel sparrow spatula speaker spectrum spice
spinach spiral splash sponge spoon sport spring sprinkle spruce square squirrel stable stadium
stallion stamp station statue stencil sticker stirrup stock stone stool story stream street
student studio suburb sugar summer summit sunrise supper surface surfer surname swan sweater
swift swimmer syllable symbol symphony syrup system tablet talent tandem tankard tapestry
tarragon taxi teacher teapot teaspoon teenager telegram temple tennis tenor tent terrace theater
theme thermos thimble thistle thread thrush tiger timber timid tissue titanium toddler tomato
tonic topaz tortoise toucan tourist towel town tractor traffic trail trainer transit trapeze
traveler treasure trellis tricycle trio trombone tropic trousers trout truffle trumpet trunk
tuba tugboat tulip tundra tunnel turban turnip turtle tuxedo twilight twinkle typist umbrella
umpire uniform unique universe upbeat update uptown useful usher utensil vacation vacuum valley
vanilla vapor vase vault velvet vendor veranda verse vessel viaduct video village vinegar
vintage violet violin virtue vision visitor vitamin vivid volume voyage waffle wagon waiter
walnut walrus waltz wardrobe washer watch wealth weasel weaver weekend weight welcome western
whale whisker window winter wisdom wizard wolf wombat wonder wooden workshop world wrist yacht
yellow yodel yogurt young yucca zebra zenith zephyr zigzag zodiac zoology
""".split()
)
