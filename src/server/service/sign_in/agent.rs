//! What a browser or program says that it is: enough for its user to know it again. It is a claim and decides nothing.

/// What stands in a user agent, and what it means. The first that fits counts: later ones are claimed by many.
const BROWSERS: [(&str, &str); 15] = [
    ("MicroMessenger/", "WeChat"),
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("Vivaldi/", "Vivaldi"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("HuaweiBrowser/", "Huawei Browser"),
    ("UCBrowser/", "UC Browser"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

const SYSTEMS: [(&str, &str); 9] = [
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iPadOS"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
];

/// Longest name of a program that is shown, in characters.
const NAME_MAX: usize = 40;

/// Browser (or program) and system.
pub fn read(agent: Option<&str>) -> (Option<String>, Option<String>) {
    let Some(agent) = agent.map(str::trim).filter(|agent| !agent.is_empty()) else { return (None, None) };
    let known = |table: &[(&str, &str)]| table.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| (*name).to_owned());
    // A program calls itself `name/version`.
    let own = || agent.split(['/', ' ']).next().map(|name| name.chars().take(NAME_MAX).collect::<String>());
    (known(&BROWSERS).or_else(own), known(&SYSTEMS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_browsers_and_programs_are_known() {
        let read = |agent| {
            let (browser, system) = read(Some(agent));
            format!("{} {}", browser.unwrap_or_default(), system.unwrap_or_default())
        };
        for (agent, known) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
                "Chrome Windows",
            ),
            ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0", "Edge Windows"),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox Linux"),
            ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15", "Safari macOS"),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1",
                "Safari iOS",
            ),
            ("Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36", "Chrome Android"),
            ("curl/8.5.0", "curl "),
            ("python-requests/2.32", "python-requests "),
        ] {
            assert_eq!(read(agent), known);
        }
        assert_eq!(super::read(None), (None, None));
        assert_eq!(super::read(Some("  ")), (None, None));
    }
}
