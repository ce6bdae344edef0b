//! What is drawn of trees of many shapes.

use super::*;

fn id(n: usize) -> Uuid {
    Uuid::from_u128(n as u128 + 1)
}

/// Messages 0, 1, 2 …, each with the number of the one that it follows.
fn tree(parents: &[Option<usize>]) -> Skeleton {
    let mut rows: Vec<_> = parents.iter().enumerate().map(|(n, parent)| (id(n), parent.map(id))).collect();
    rows.sort_by_key(|(id, parent)| (*parent, *id));
    Skeleton::new(rows)
}

/// A line of so many, each after the one before.
fn chain(length: usize) -> Vec<Option<usize>> {
    (0..length).map(|n| n.checked_sub(1)).collect()
}

/// A drawing in a line of text: `3` a message, `[4+7]` a run of 7 from 4, `<5*2:9>` two versions with 9 messages, `5..9` more below 5;
/// `*` what is on the shown branch; lines beside in brackets.
fn written(drawing: &Drawing) -> String {
    let mut text = String::new();
    let mut depth = 0;
    let number = |id: Uuid| id.as_u128() - 1;
    for item in &drawing.items {
        while depth > item.depth || (depth == item.depth && item.begins && depth > 0) {
            text.push(')');
            depth -= 1;
        }
        if item.begins && item.depth > 0 {
            text.push_str(" (");
            depth = item.depth;
        } else if !text.is_empty() {
            text.push(' ');
        }
        let id = number(item.id);
        text.push_str(&match item.kind {
            TreeKind::Message => format!("{id}"),
            TreeKind::Fold => format!("[{id}+{}]", item.messages),
            TreeKind::Beside => format!("<{id}*{}:{}>", item.versions, item.messages),
            TreeKind::Below => format!("{id}..{}", item.messages),
        });
        text.extend(item.active.then_some('*'));
    }
    text.push_str(&")".repeat(depth as usize));
    text
}

fn drawn(tree: &Skeleton, leaf: usize, query: &TreeQuery) -> String {
    written(&draw(tree, Some(id(leaf)), query).expect("a drawing"))
}

#[test]
fn a_line_without_forks_is_its_ends_and_a_fold() {
    let short = tree(&chain(4));
    assert_eq!(drawn(&short, 3, &TreeQuery::default()), "0* 1* 2* 3*");
    let long = tree(&chain(5_000));
    assert_eq!(drawn(&long, 4_999, &TreeQuery::default()), "0* [1+4998]* 4999*");
    assert_eq!(long.counts(), (5_000, 1));
    let open = TreeQuery { open: Some(id(2_000)), ..TreeQuery::default() };
    let opened = drawn(&long, 4_999, &open);
    assert!(opened.starts_with("0* [1+1999]* 2000* 2001* "), "{opened}");
    assert!(opened.ends_with(" 2099* [2100+2899]* 4999*"), "{opened}");
}

#[test]
fn versions_stand_beside_the_one_that_the_line_took() {
    // 0 → 1; 1 was asked again as 4 (→ 5), and 4 was answered again as 6; the first question has another version, 7.
    let shape = tree(&[None, Some(0), Some(1), Some(2), Some(0), Some(4), Some(4), None]);
    assert_eq!(drawn(&shape, 3, &TreeQuery::default()), "0* (7) 1* (4 6 (5)) 2* 3*");
    // The same tree while another branch is shown.
    assert_eq!(drawn(&shape, 5, &TreeQuery::default()), "0* (7) 4* (1 2 3) 5* (6)");
    assert_eq!(drawn(&shape, 7, &TreeQuery::default()), "7* (0 4 (1 2 3) 6 (5))");
    assert_eq!(shape.counts(), (8, 4));
    // The line from a message on, without and with its younger versions.
    let from = |n, beside| drawn(&shape, 3, &TreeQuery { from: Some(id(n)), beside, ..TreeQuery::default() });
    assert_eq!(from(4, false), "4 6 (5)");
    assert_eq!(from(5, true), "5 (6)");
    assert_eq!(from(6, true), "6");
    assert_eq!(from(0, true), "0* (7) 1* (4 6 (5)) 2* 3*");
    let first = draw(&shape, Some(id(3)), &TreeQuery::default()).unwrap().items.remove(0);
    assert_eq!((first.version, first.versions, first.depth), (1, 2, 0));
}

#[test]
fn what_is_named_and_not_there_is_not_drawn() {
    let shape = tree(&chain(3));
    for query in [
        TreeQuery { from: Some(id(9)), ..TreeQuery::default() },
        TreeQuery { before: Some(id(9)), ..TreeQuery::default() },
        TreeQuery { open: Some(id(9)), ..TreeQuery::default() },
        TreeQuery { from: Some(id(2)), before: Some(id(1)), ..TreeQuery::default() },
    ] {
        assert!(draw(&shape, Some(id(2)), &query).is_none(), "{query:?}");
    }
    let empty = draw(&tree(&[]), None, &TreeQuery::default()).unwrap();
    assert!(empty.items.is_empty() && empty.earlier.is_none());
    // A leaf that is not there: the newest branch is drawn.
    assert_eq!(written(&draw(&shape, None, &TreeQuery::default()).unwrap()), "0 1 2");
}

/// A conversation in which every answer was asked for twice: the newest places come first, those above page by page, and each fork once.
#[test]
fn a_line_of_forks_is_read_page_by_page() {
    // 3n: a question; 3n + 1 and 3n + 2: its answers; the next question follows the second.
    let parents: Vec<_> = (0..1_500).map(|n: usize| if n.is_multiple_of(3) { n.checked_sub(1) } else { Some(n - n % 3) }).collect();
    let shape = tree(&parents);
    let (mut before, mut seen, mut pages) = (None, std::collections::BTreeSet::new(), 0);
    loop {
        let page = draw(&shape, Some(id(1_499)), &TreeQuery { before, ..TreeQuery::default() }).unwrap();
        assert!(page.items.len() <= LINE + ROOM + LINE, "{}", page.items.len());
        for item in &page.items {
            assert_eq!(item.kind, TreeKind::Message, "nothing is left out here");
            assert!(seen.insert(item.id), "{} is drawn twice", item.id);
        }
        pages += 1;
        before = page.earlier;
        if before.is_none() {
            break;
        }
    }
    assert_eq!((seen.len(), pages), (1_500, 10));
}

/// However wide or deep it is, a part has so many places, and what it leaves out is told with its number of messages and can be had.
#[test]
fn every_part_is_bounded_and_nothing_is_lost() {
    // One question with 3,000 answers, each with an answer of its own.
    let wide: Vec<_> = (0..6_001).map(|n: usize| (n > 0).then(|| n.saturating_sub(3_000))).collect();
    // From every message of a line of 300 a line of 3 branches off, and from each of those one of 12.
    let mut deep = chain(300);
    for n in 1..300 {
        let first = deep.len();
        deep.extend([Some(n - 1), Some(first), Some(first + 1)]);
        for side in 0..3 {
            let second = deep.len();
            deep.extend([Some(first + side)]);
            deep.extend((0..11).map(|k| Some(second + k)));
        }
    }
    for (shape, leaf) in [(tree(&wide), 6_000), (tree(&deep), 299)] {
        let (mut parts, mut seen, mut todo) = (Vec::new(), std::collections::BTreeSet::new(), vec![TreeQuery::default()]);
        while let Some(query) = todo.pop().filter(|_| parts.len() < 5_000) {
            if parts.contains(&query) {
                continue;
            }
            let part = draw(&shape, Some(id(leaf)), &query).unwrap();
            assert!(part.items.len() <= 2 * LINE + 2 * ROOM, "{} items", part.items.len());
            parts.push(query.clone());
            todo.extend(part.earlier.map(|before| TreeQuery { before: Some(before), ..query.clone() }));
            for item in &part.items {
                let from = TreeQuery { from: Some(item.id), ..TreeQuery::default() };
                match item.kind {
                    TreeKind::Message => _ = seen.insert(item.id),
                    TreeKind::Fold => {
                        let start = shape.at[&item.id];
                        let pen = Pen { tree: &shape, active: vec![false; shape.ids.len()], open: None, room: 0 };
                        seen.extend(pen.line(start).into_iter().take(item.messages as usize).map(|at| shape.ids[at]));
                    }
                    TreeKind::Beside => todo.push(TreeQuery { beside: true, ..from }),
                    TreeKind::Below => todo.push(from),
                }
            }
        }
        assert_eq!(seen.len() as u32, shape.counts().0, "in {} parts", parts.len());
    }
}
