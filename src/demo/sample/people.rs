//! The customers of the sample: invented people at invented shops, under `.example` only.

/// Someone who writes to support.
#[derive(Debug, PartialEq, Eq)]
pub struct Person {
    pub name: &'static str,
    pub email: &'static str,
    /// Under the name, at the end of a mail; empty where it is a desk rather than a person.
    pub role: &'static str,
    /// Hours east of Greenwich.
    pub offset: i8,
}

const fn person(name: &'static str, email: &'static str, role: &'static str, offset: i8) -> Person {
    Person { name, email, role, offset }
}

/// All who write in English.
pub const PEOPLE: &[Person] = &[
    person("Dana Reyes", "dana@reyes.example", "Reyes & Daughters, hardware and tools", -6),
    person("Priya Raman", "priya.raman@cloveandcumin.example", "Engineering, Clove & Cumin", 5),
    person("Lee Okafor", "lee@okaforcycles.example", "Okafor Cycles", 0),
    person("Mika Tanaka", "mika.tanaka@paperlantern.example", "Operations, Paper Lantern Stationery", 9),
    person("Northwind Ops", "ops@northwindoutdoor.example", "", -5),
    person("Søren Ål", "soren@aalkeramik.example", "Ål Keramik", 1),
    person("Hannah Whitlock", "hannah@whitlockyarns.example", "Whitlock Yarns", 0),
    person("Tomasz Zielinski", "tomasz@kawapodlasie.example", "Roastery manager, Kawa Podlasie", 1),
    person("Grace Mbeki", "grace.mbeki@sunbirdtextiles.example", "Sunbird Textiles", 2),
    person("Oliver Brandt", "o.brandt@brandt-leuchten.example", "Brandt Leuchten", 1),
    person("Maribel Cruz", "maribel@lacanasta.example", "La Canasta", -3),
    person("Jonah Feld", "jonah@feldbooks.example", "Feld Books", -5),
    person("Aoife Brennan", "aoife@brennanpreserves.example", "Brennan Preserves", 0),
    person("Ravi Shetty", "ravi.shetty@monsoontea.example", "Head of retail, Monsoon Tea House", 5),
    person("Ingrid Solberg", "ingrid@fjordwool.example", "Fjord Wool", 1),
    person("Marcus Adeyemi", "marcus@adeyemiaudio.example", "Adeyemi Audio", 1),
    person("Chloe Vandermeer", "chloe@vandermeerbulbs.example", "Vandermeer Bulbs", 1),
    person("Sam Whitaker", "sam@whitakerboards.example", "Whitaker Boards", -8),
    person("Nadia Haddad", "nadia@haddadsoap.example", "Haddad Soap Works", 2),
    person("Bruno Ferrari", "bruno@ferrariniceramiche.example", "Ferrarini Ceramiche", 1),
    person("Yuki Hayashi", "yuki.hayashi@komorebi-plants.example", "Komorebi Plants", 9),
    person("Elena Petrova", "elena@petrovaprints.example", "Petrova Prints", 2),
    person("Victor Lindqvist", "victor@lindqvistsnickeri.example", "Lindqvist Snickeri", 1),
    person("Amara Nwosu", "amara@nwosunaturals.example", "Founder, Nwosu Naturals", 1),
    person("Callum Fraser", "callum@fraseroats.example", "Fraser Oats", 0),
    person("Beatriz Moreira", "beatriz@moreirazulejos.example", "Moreira Azulejos", 0),
    person("Kenji Mori", "k.mori@moriknives.example", "Mori Knives", 9),
    person("Rosalind Achebe", "rosalind@achebegames.example", "Warehouse, Achebe Board Games", 1),
    person("Theo Papadakis", "theo@papadakis-olives.example", "Papadakis Olives", 2),
    person("Fiona MacLeod", "fiona@skyecandles.example", "Skye Candles", 0),
    person("Dmitri Volkov", "dmitri@volkovminiatures.example", "Volkov Miniatures", 3),
    person("Lucía Serrano", "lucia@serranocuero.example", "Serrano Cuero", 1),
    person("Peter Novak", "peter.novak@novakglass.example", "IT, Novak Glass", 1),
    person("Zainab Yusuf", "zainab@yusuftailoring.example", "Yusuf Tailoring", 3),
    person("Erik Johansen", "erik@johansenfly.example", "Johansen Fly Fishing", 1),
    person("Tess Calloway", "tess@callowayquilts.example", "Calloway Quilts", -6),
    person("Arjun Mehta", "arjun@mehtaspice.example", "Developer, Mehta Spice Company", 5),
    person("Leonie Vogt", "leonie@vogtpapeterie.example", "Vogt Papeterie", 1),
    person("Isaac Thornbury", "isaac@thornburyclocks.example", "Thornbury Clocks", 0),
    person("Wanjiru Kamau", "wanjiru@kamaucoffee.example", "Kamau Coffee", 3),
    person("Noor van Dijk", "noor@vandijkfietsen.example", "Van Dijk Fietsen", 1),
    person("Gideon Roth", "gideon@rothinstruments.example", "Roth Instruments", 2),
    person("Sienna Park", "sienna@parkandpine.example", "Park & Pine", -8),
    person("Hugo Delacroix", "hugo@delacroixvins.example", "Delacroix Vins", 1),
    person("Mei-Ling Chou", "meiling@jadeteapot.example", "Jade Teapot", 8),
    person("Accounts Payable", "ap@bellweatherstores.example", "", -5),
    person("Orla Keane", "orla@keanesaddlery.example", "Keane Saddlery", 0),
    person("Desmond Pryce", "desmond@prycerecords.example", "Pryce Records", 0),
    person("Farida Rahimi", "farida@rahimirugs.example", "Rahimi Rugs", 4),
    person("Jasper Oduya", "jasper@oduyaeyewear.example", "Logistics, Oduya Eyewear", 1),
    person("Katja Nieminen", "katja@nieminensauna.example", "Nieminen Sauna", 2),
    person("Will Ashdown", "will@ashdowncider.example", "Ashdown Cider", 0),
];

/// How customers begin.
pub const GREETINGS: &[&str] =
    &["Hi,", "Hello,", "Hi there,", "Good morning,", "Hello team,", "Hi support,", "Dear support team,", "Hey,"];

/// How customers end; the name comes below.
pub const FAREWELLS: &[&str] =
    &["Thanks,", "Best,", "Kind regards,", "Many thanks,", "Cheers,", "Thank you,", "Best wishes,", "Regards,"];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::PEOPLE;

    #[test]
    fn everybody_has_an_address_of_their_own_that_nobody_can_have() {
        let addresses: BTreeSet<&str> = PEOPLE.iter().map(|person| person.email).collect();
        assert_eq!(addresses.len(), PEOPLE.len());
        assert!(addresses.iter().all(|address| address.ends_with(".example")));
    }
}
