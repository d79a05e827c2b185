//! How people ask for the weather. Each list belongs to one thing that is asked for.

/// Words of which one is in everything that is meant here.
pub const WORDS: &[&str] = &[
    "weather", "forecast", "rain", "raining", "rainy", "umbrella", "cold", "warm", "hot", "freezing", "temperature", "snow", "snowing",
    "sunny", "cloudy", "windy", "foggy", "nice", "jacket", "coat", "outside", "freeze", "wind", "winds", "humid", "humidity", "sunrise",
    "sunset", "daylight", "sunlight", "day", "sun", "raincoat", "sweater", "jumper", "shine", "sunglasses", "degrees", "pour", "pouring", "storm", "stormy",
    "thunderstorm", "dry", "wet", "chilly", "cool", "dark", "light", "overcast", "cloudless", "hail", "drizzle", "shorts", "gloves",
    "scarf", "brolly", "outlook", "high", "low", "storms", "thunderstorms", "colder", "warmer", "t-shirt", "showers",
    "icy", "ice", "frost", "frosty", "slippery", "nippy", "parky", "boiling", "roasting", "baking", "muggy", "mild", "soaked", "drenched", "rained",
    "washing", "laundry", "clothes", "sheets",
];

pub const WEATHER: &[&str] = &[
    "(what|how) is the weather [like|looking] [outside]", "[what is|give me|show me|tell me] [the] weather [forecast|report]",
    "[what is|give me|show me|tell me] [the] (forecast|outlook)", "(what|how) (will|is) the weather [going to] (be|look) [like]",
    "(what|how) is it [like] outside", "(is it|will it be|is it going to be) (sunny|nice|cloudy|windy|foggy) [outside]",
    "what is (today's|tomorrow's|todays|tomorrows) (weather|forecast) [like]",
    "[what is|give me|show me|tell me] (today's|tomorrow's) (weather|forecast) [forecast]", "(what|how) the weather is [like] [outside]",
    "what (weather|forecast) (is it|do we have|will we have|can i expect|should i expect|is there)",
    "(is|will) the weather [going to] [be] (nice|good|bad|fine|sunny|okay)",
    "(is|will) the sun [going to] (shining|shine|out|come out|be out)",
    "(is it|will it be|is it going to be) (stormy|dry|wet|overcast|good weather|nice weather|pleasant|rainy or sunny) [outside]",
    "(do i need|should i take|should i bring|should i wear|will i need) [my] sunglasses", "what is the weather doing [outside]",
    "is there [any|going to be] a (storm|thunderstorm)",
    "(is|are) there [a|any|going to be] (storm|storms|thunderstorm|thunderstorms|fog|sunshine) [coming|expected|forecast]",
    "(is|are) [a|any] (storm|storms|thunderstorm|thunderstorms) (coming|expected|forecast|on the way)",
    "(how|what) about the (weather|forecast)", "(will|is) {when:day} [going to] [be] (sunny|nice|cloudy|foggy|stormy|dry|wet|rainy|windy)",
    "how is {when:day} (looking|going to be) [weather-wise|weatherwise]",
    "will there be (a storm|a thunderstorm|thunderstorms|sunshine|fog)",
];

pub const WIND: &[&str] = &[
    "how windy it is [outside]",
    "how (windy|strong is the wind|fast is the wind|much wind) [is it|is there|will it be|is it going to be|will there be] [outside]",
    "(what is|how strong is|how is) the wind [speed|like|outside]",
    "what is the wind speed [outside]",
    "(is it|will it be|is it going to be) (windy|breezy|gusty) [outside]",
    "[is there] [a lot of|much|any] wind [outside]",
];
pub const HUMIDITY: &[&str] = &[
    "how humid (is it|will it be|is the air) [outside]",
    "what is the [air|relative] humidity [outside|like]",
    "(is it|will it be) humid [outside]",
];
pub const SUNRISE: &[&str] = &[
    "(when|what time) (is|was|will be) [the] sunrise",
    "(when|what time|at what time) (does|will|did) the sun (rise|come up|get up)",
    "[what is] [the] sunrise [time]",
    "(when|what time) (does|will) it get light [outside]",
    "how (early|late) does the sun (rise|come up)",
    "when is it [getting] light [outside]",
];
pub const SUNSET: &[&str] = &[
    "(when|what time) (is|was|will be) [the] sunset",
    "(when|what time|at what time) (does|will|did) the sun (set|go down)",
    "[what is] [the] sunset [time]",
    "(when|what time) (does|will) it get dark [outside]",
    "how (early|late) does the sun (set|go down)",
    "when is it [getting] dark [outside]",
];
pub const DAYLIGHT: &[&str] = &[
    "how (many|much) (hours of daylight|daylight|hours of light|hours of sunlight) (is|are) there",
    "how (many|much) (hours of daylight|daylight|hours of light) (do|will|did) we (get|have)",
    "how long (is|was|will be) [the] (day|daylight)",
    "how long (is|will) it [be] (light|bright) [outside]",
    "[what is] the (length of the day|day length)",
];
pub const COAT: &[&str] = &[
    "(do|will) i need (a|my|to take a|to wear a|to bring a) (jacket|coat|sweater|jumper|scarf)",
    "should i (wear|take|bring|pack|put on) (a|my) (jacket|coat|sweater|jumper|scarf) [with me|along|outside]",
    "do i (have|need) to (wear|take|bring) (a|my) (jacket|coat|sweater|jumper)", "is it (jacket|coat|sweater) weather",
    "(do i need|will i need|should i wear|should i take) (gloves|long sleeves)",
    "(can|could|should) i (wear|go out in|put on) (shorts|a t-shirt|sandals|a dress)",
    "is it (warm|hot) enough (for|to wear) (shorts|a t-shirt|a dress|sandals)",
    "is it (cold|cool) enough (for|to wear) (a|my) (jacket|coat|sweater|jumper|scarf)",
    "[can i] (go|leave|walk) [out|outside] without (a|my) (jacket|coat|sweater|jumper)",
    "(is it|will it be) (shorts|t-shirt|sweater|jumper) weather",
];
pub const DAYS: &[&str] = &[
    "[what is|give me|show me|tell me] [the] {days:number} (day|days) [weather] (forecast|weather|outlook)",
    "[what is|give me|show me|tell me] [the] (weather|forecast|weather forecast) [like] (for|over) [the] next {days:number} days",
    "(what|how) (is|will) the weather [going to] [be|look] [like] (for|over|in) [the] next {days:number} days",
    "[what is|give me|show me|tell me] [the] (weekly forecast|week's forecast|week's weather|weather this week|forecast this week|weather for the week|forecast for the week|weather for this week|forecast for this week|weekly weather)",
    "(what|how) (is|will) the weather [going to] [be|look] [like] this week",
];

pub const TEMPERATURE: &[&str] = &[
    "what is the temperature [outside]", "what (will|is) the temperature [going to] be", "how (cold|warm|hot) is it [outside]",
    "how (cold|warm|hot) (will|is) it [going to] (be|get)", "(is it|will it be|is it going to be) (cold|warm|hot|freezing) [outside]",
    "what temperature (is it|will it be|is it going to be) [outside]",
    "how many degrees (is it|are there|will it be|does it have) [outside]",
    "what is the (high|low|highest temperature|lowest temperature|maximum temperature|minimum temperature)",
    "(is it|will it be|is it going to be|is it getting) (chilly|cool|cold|warm|hot|freezing|warmer|colder) [outside]",
    "how (chilly|cool|cold|warm|hot) (is it outside|it is [outside])", "what the temperature is [outside]",
    "(will|is) {when:day} [going to] [be] (hot|cold|warm|chilly|cool|freezing|mild)",
    "what (will|is) the (high|low|highest temperature|lowest temperature) [going to] [be]",
    "(is it|will it be|is it going to be|is it getting) [really|very|that|still] (icy|frosty|slippery|nippy|parky|boiling|roasting|baking|muggy|mild) [outside]",
    "(will there be|is there) [any|a] [black] (ice|frost) [on the (roads|ground|pavement|windscreen|car)] [outside]",
    "(are|will) the (roads|pavements|streets) [be] (icy|slippery|frosty)",
    "(is|will) it [going to] (freeze|get cold|get warm|get hot|be below zero|be freezing)",
];

pub const RAIN: &[&str] = &[
    "(will|is) it [going to] rain", "(is it|will it be) (raining|rainy) [outside]", "will there be [any] rain",
    "is there [any|going to be] rain", "(do|will) i need (an|my) umbrella", "should i (take|bring|pack) (an|my) umbrella",
    "what (is|are) the (chance|chances|odds|probability) of rain", "how likely is (rain|it to rain|it that it rains|it that it will rain)",
    "(is it|will it be|is it going to be) (pouring|wet|drizzling|raining) [outside]",
    "(do|will|should) i (need|take|bring|pack|carry|wear) (an|my|the|a) (umbrella|raincoat|rain jacket|rain coat) [with me|along]",
    "do i need to (take|bring|carry|pack|wear) (an|my|a) (umbrella|raincoat|rain jacket|brolly)", "(is it|will it be) umbrella weather",
    "(does|will) it (rain|drizzle|hail|pour) [outside]", "is it (supposed|expected|likely|meant|due) to rain",
    "[is there] [any|some] (rain|showers) [coming|expected|forecast]", "[an] umbrella",
    "how much rain [will there be|is expected|do we get|will we get]",
    "(do|will|should) i (need|take|bring|pack|carry) (a|my|the) brolly [with me]", "(will|does) it stay dry",
    "is rain (expected|coming|forecast|in the forecast)", "when will it [start|stop] (rain|raining)",
];

/// What somebody wants to do who must stay dry.
pub const DRY: &[&str] = &[
    "(will|would|am|do) (i|we) [going to|likely to] (get|be getting|be) (wet|soaked|drenched|rained on|caught in the rain) [out there|outside|out] [(if|when|while|on) (i|we|the) (walk|walking|cycle|bike|go|head|run|nip|pop|step|leave|set off|way) [home|back|out|outside|now|to work|to school|to the shops|to the station|to the bus|the dog|for a walk|for a run|into town|by bike|over|off]]",
    "(can|could|should|shall|may) (i|we) (hang|put|dry|peg|leave) [out] [the|my|our|some] (washing|laundry|clothes|sheets) [out|outside|out on the line|outside on the line|on the line|outside to dry|out to dry|on the line outside]",
    "(hang|peg) [out] [the|my|our|some] (washing|laundry|clothes|sheets) (out|outside|on the line|out to dry|outside to dry|on the line outside)",
    "dry [the|my|our|some] (washing|laundry|clothes|sheets) (outside|on the line|outdoors)",
    "(is it|will it be) [a] (good|nice|fine|decent|dry enough|fine enough|safe|ok|okay) [day|weather|drying weather|drying day] (for|to hang|to hang out|to put out|to dry) [the|my] (washing|laundry|clothes|sheets) [out|outside]",
    "(will|would) (the|my) (washing|laundry|clothes|sheets) (dry|get dry|get wet|stay dry) [outside|out there|on the line]",
];

pub const SNOW: &[&str] = &[
    "(will|is) it [going to] snow",
    "(is it|will it be) snowing [outside]",
    "will there be [any] snow",
    "[is there] [any|a] chance of snow",
    "(what is|what are) the (chance|chances|odds) of snow",
    "is it (supposed|expected|likely|meant) to snow",
    "[any] snow [coming|expected|forecast]",
];

/// What may stand behind all these. Places come last: they take any words.
pub const BEHIND: &[&str] = &[
    "", "(here|at home|at the moment|currently|at present|out there|out|outdoors|round here|around here|where i am|out and about|in the garden|at ours)",
    "(out there|out|here|round here|outdoors) [on|for] {when:day} [morning|afternoon|evening|night]",
    "(out there|out|here|round here|outdoors) (at the moment|currently|at present|tonight|later|later today|this morning|this afternoon|this evening|this weekend)", "[on|for|from] {when:day} [morning|afternoon|evening|night]",
    "[for] (tonight|later|later today|this morning|this afternoon|this evening)", "[for|on|at|over|during] (this|the) weekend",
    "[on|for] {when:day} [morning|afternoon|evening|night] (in|for|at) {place}",
    "[for|on|at|over|during] (this|the) weekend (in|for|at) {place}",
    "(in|for|at) {place} (on|for) {when:day} [morning|afternoon|evening|night]",
    "(in|for|at) {place} {when:day} [morning|afternoon|evening|night]", "(in|for|at) {place} (for|on|at|over|during) (this|the) weekend",
    "(in|for|at) {place} this weekend",
    "(in|for|at) {place} (at the moment|currently|at present|tonight|later|this morning|this afternoon|this evening)",
    "(tonight|later|this morning|this afternoon|this evening) (in|for|at) {place}", "(in|for|at|over in|around) {place}",
];

/// Behind the word alone: `weather london`, `London weather tomorrow`.
pub const BARE: &[&str] = &[
    "(weather|forecast) [forecast] {place} {when:day}",
    "(weather|forecast) [forecast|in|for] {place}",
    "{place} (weather|forecast) [forecast] [(for|on)] {when:day}",
    "[what is|how is|check|show me|give me] [the] {place} (weather|forecast) [like|report|today]",
    "(temperature|wind|humidity|sunrise|sunset) (in|at|for) {place}",
    "(temperature|humidity) [outside]",
];
