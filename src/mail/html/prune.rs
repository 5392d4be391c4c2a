//! A parsed document without tables that only arrange the page: their cells become paragraphs, one below the other.

use std::ops::Deref;
use std::rc::Rc;

use html2text::Handle;

/// The broadest table that is drawn as one.
const MAX_COLUMNS: usize = 12;

type Node = <Handle as Deref>::Target;

/// A node whose children are still to be looked at.
struct Open {
    node: Handle,
    /// Within a table that only arranges the page, outside its cells.
    in_layout: bool,
}

/// Makes blocks of the tables in `document` that arrange the page. `pattern` is a document with a `div` in it.
pub fn prune(document: &Handle, pattern: &Handle) {
    let Some(div) = find_element(pattern, "div") else { return };
    let mut open = vec![Open { node: Rc::clone(document), in_layout: false }];
    while let Some(parent) = open.pop() {
        for child in parent.node.children.borrow_mut().iter_mut() {
            let Some(name) = child.element_name() else { continue };
            let is_layout = match name.as_str() {
                "table" => is_layout_table(child),
                "tbody" | "thead" | "tfoot" | "tr" | "td" | "th" | "caption" | "colgroup" => parent.in_layout,
                _ => false,
            };
            if is_layout {
                let block = Node::new(div.data.clone());
                *block.children.borrow_mut() = std::mem::take(&mut *child.children.borrow_mut());
                *child = block;
            }
            let is_cell = matches!(name.as_str(), "td" | "th" | "caption");
            open.push(Open { node: Rc::clone(child), in_layout: is_layout && !is_cell });
        }
    }
}

fn find_element(root: &Handle, name: &str) -> Option<Handle> {
    let mut open = vec![Rc::clone(root)];
    while let Some(node) = open.pop() {
        if node.element_name().as_deref() == Some(name) {
            return Some(node);
        }
        open.extend(node.children.borrow().iter().cloned());
    }
    None
}

/// Whether a table only arranges the page: it has another one inside, or one column, or more than can be drawn.
fn is_layout_table(table: &Handle) -> bool {
    let mut widest = 0;
    let mut open: Vec<Handle> = table.children.borrow().iter().rev().cloned().collect();
    // In the order of the document, so that a table within ends the search before its own content is walked.
    while let Some(node) = open.pop() {
        match node.element_name().as_deref() {
            None => continue,
            Some("table") => return true,
            Some("tr") => widest = widest.max(node.children.borrow().iter().filter(|c| is_filled_cell(c)).count()),
            Some(_) => {}
        }
        open.extend(node.children.borrow().iter().rev().cloned());
    }
    !(2..=MAX_COLUMNS).contains(&widest)
}

fn is_filled_cell(node: &Handle) -> bool {
    matches!(node.element_name().as_deref(), Some("td" | "th")) && !node.children.borrow().is_empty()
}
