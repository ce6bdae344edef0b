//! The objects of the file: pages, fonts, and the tree of what they hold.

use std::fmt::Write;
use std::io;

use lopdf::{Dictionary, Document, Object, ObjectId, Stream, StringFormat};

use super::{HIGH, Kid, Node, Paper, WIDE};

fn dict<const N: usize>(entries: [(&str, Object); N]) -> Dictionary {
    let mut dict = Dictionary::new();
    for (key, value) in entries {
        dict.set(key, value);
    }
    dict
}

fn name(text: &str) -> Object {
    Object::Name(text.as_bytes().to_vec())
}

/// A text of people's.
fn said(text: &str) -> Object {
    let units = std::iter::once(0xfeff_u16).chain(text.encode_utf16());
    Object::String(units.flat_map(u16::to_be_bytes).collect(), StringFormat::Hexadecimal)
}

fn number(n: usize) -> Object {
    Object::Integer(i64::try_from(n).unwrap_or(i64::MAX))
}

/// Writes the document.
pub fn write(paper: &Paper) -> io::Result<Vec<u8>> {
    let mut file = Document::with_version("1.7");
    let (list, root) = (file.new_object_id(), file.new_object_id());
    let fonts = fonts(&mut file, paper);
    let pages = pages(&mut file, paper, list, fonts);
    let kids = pages.iter().copied().map(Object::Reference).collect();
    file.set_object(list, dict([("Type", name("Pages")), ("Kids", Object::Array(kids)), ("Count", number(pages.len()))]));
    tree(&mut file, paper, root, &pages);
    let catalog = file.add_object(dict([
        ("Type", name("Catalog")),
        ("Pages", list.into()),
        ("Lang", Object::string_literal(paper.language)),
        ("MarkInfo", dict([("Marked", true.into())]).into()),
        ("StructTreeRoot", root.into()),
        ("ViewerPreferences", dict([("DisplayDocTitle", true.into())]).into()),
    ]));
    let info = file.add_object(dict([("Title", said(&paper.title)), ("Creator", said("Liao"))]));
    file.trailer.set("Root", catalog);
    file.trailer.set("Info", info);
    file.compress();
    let mut bytes = Vec::new();
    file.save_to(&mut bytes)?;
    Ok(bytes)
}

fn pages(file: &mut Document, paper: &Paper, list: ObjectId, fonts: ObjectId) -> Vec<ObjectId> {
    let page = |(at, page): (usize, &super::Page)| {
        let content = file.add_object(Stream::new(Dictionary::new(), page.content.clone().into_bytes()));
        let size = [0.0, 0.0, WIDE, HIGH].map(Object::Real).to_vec();
        file.add_object(dict([
            ("Type", name("Page")),
            ("Parent", list.into()),
            ("MediaBox", Object::Array(size)),
            ("Resources", dict([("Font", fonts.into())]).into()),
            ("Contents", content.into()),
            ("StructParents", number(at)),
            ("Tabs", name("S")),
        ]))
    };
    paper.pages.iter().enumerate().map(page).collect()
}

fn fonts(file: &mut Document, paper: &Paper) -> ObjectId {
    let latin = |base: &str| {
        dict([("Type", name("Font")), ("Subtype", name("Type1")), ("BaseFont", name(base)), ("Encoding", name("WinAnsiEncoding"))])
    };
    let (plain, bold) = (file.add_object(latin("Helvetica")), file.add_object(latin("Helvetica-Bold")));
    // A song face: what a reader needs to choose one of its own.
    let face = file.add_object(dict([
        ("Type", name("FontDescriptor")),
        ("FontName", name("STSong-Light")),
        ("Flags", 6.into()),
        ("FontBBox", Object::Array([-25, -254, 1000, 880].map(Object::Integer).to_vec())),
        ("ItalicAngle", 0.into()),
        ("Ascent", 752.into()),
        ("Descent", (-271).into()),
        ("CapHeight", 737.into()),
        ("StemV", 58.into()),
    ]));
    let set = dict([("Registry", Object::string_literal("Adobe")), ("Ordering", Object::string_literal("GB1")), ("Supplement", 4.into())]);
    let song = file.add_object(dict([
        ("Type", name("Font")),
        ("Subtype", name("CIDFontType0")),
        ("BaseFont", name("STSong-Light")),
        ("CIDSystemInfo", set.into()),
        ("FontDescriptor", face.into()),
        ("DW", 1000.into()),
    ]));
    let meaning = file.add_object(Stream::new(Dictionary::new(), meaning(paper).into_bytes()));
    let other = file.add_object(dict([
        ("Type", name("Font")),
        ("Subtype", name("Type0")),
        ("BaseFont", name("STSong-Light-UniGB-UCS2-H")),
        ("Encoding", name("UniGB-UCS2-H")),
        ("DescendantFonts", Object::Array(vec![song.into()])),
        ("ToUnicode", meaning.into()),
    ]));
    file.add_object(dict([("F1", plain.into()), ("F2", bold.into()), ("F3", other.into())]))
}

/// Which characters the codes of the last font are: themselves. For readers that do not know its set.
fn meaning(paper: &Paper) -> String {
    let mut out = String::from(
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n\
        /CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n",
    );
    let used: Vec<u16> = paper.used.iter().copied().collect();
    for some in used.chunks(100) {
        let _ = writeln!(out, "{} beginbfchar", some.len());
        for code in some {
            let _ = writeln!(out, "<{code:04X}> <{code:04X}>");
        }
        out.push_str("endbfchar\n");
    }
    out.push_str("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n");
    out
}

/// What the pages hold, from the whole to the pieces, and from each piece back.
fn tree(file: &mut Document, paper: &Paper, root: ObjectId, pages: &[ObjectId]) {
    let ids: Vec<ObjectId> = paper.nodes.iter().map(|_| file.new_object_id()).collect();
    let mut parents = vec![root; paper.nodes.len()];
    for (at, node) in paper.nodes.iter().enumerate() {
        for kid in &node.kids {
            if let Kid::Node(kid) = kid {
                parents[*kid] = ids[at];
            }
        }
    }
    for ((node, id), parent) in paper.nodes.iter().zip(&ids).zip(parents) {
        file.set_object(*id, element(node, parent, &ids, pages));
    }
    let back = paper.pages.iter().enumerate().flat_map(|(at, page)| {
        let of = page.marks.iter().map(|node| Object::Reference(ids[*node])).collect();
        [number(at), Object::Array(of)]
    });
    let back = file.add_object(dict([("Nums", Object::Array(back.collect()))]));
    let whole = ids.first().copied().unwrap_or(root);
    let next = number(paper.pages.len());
    file.set_object(
        root,
        dict([("Type", name("StructTreeRoot")), ("K", whole.into()), ("ParentTree", back.into()), ("ParentTreeNextKey", next)]),
    );
}

fn element(node: &Node, parent: ObjectId, ids: &[ObjectId], pages: &[ObjectId]) -> Dictionary {
    let kid = |kid: &Kid| match *kid {
        Kid::Node(node) => Object::Reference(ids[node]),
        Kid::Mark(page, mark) => dict([("Type", name("MCR")), ("Pg", pages[page].into()), ("MCID", number(mark))]).into(),
    };
    let kids = node.kids.iter().map(kid).collect();
    let mut element = dict([("Type", name("StructElem")), ("S", name(node.tag)), ("P", parent.into()), ("K", Object::Array(kids))]);
    if !node.said.is_empty() {
        element.set("Alt", said(&node.said));
    }
    if !node.heads.is_empty() {
        element.set("A", dict([("O", name("Table")), ("Scope", name(node.heads))]));
    }
    element
}
