//! The commands of `docs/administrators.md`, as they stand there.

use std::collections::BTreeMap;

const PAGE: &str = include_str!("../../docs/administrators.md");

/// The roles, in the page's order, and the login that stands for each in the commands.
pub const ROLES: [(&str, &str); 5] =
    [("reader", "rita"), ("triager", "tara"), ("answerer", "ann"), ("finisher", "finn"), ("administrator", "ada")];

/// What is pasted on a server for each role.
pub fn commands(server: &str) -> BTreeMap<&'static str, String> {
    let heading = format!("\n## {server}\n");
    let (_, section) = PAGE.split_once(&heading).unwrap_or_else(|| panic!("the page has no {server}"));
    let section = section.split("\n## ").next().unwrap_or(section);
    ROLES
        .iter()
        .map(|(role, _)| {
            let (_, of_role) = section.split_once(&format!("\n### {role}\n")).unwrap_or_else(|| panic!("no {role}"));
            let (_, block) = of_role.split_once("```").unwrap_or_else(|| panic!("no commands for {role}"));
            let (_, block) = block.split_once('\n').expect("the first line of a block");
            let (commands, _) = block.split_once("```").expect("the end of a block");
            (*role, commands.to_owned())
        })
        .collect()
}
