//! What an adapter costs for 1,000 deltas of an answer: allocations and bytes that this thread asks for, and its time beside that of the
//! plainest adapter. Counts are the same on every machine; `cargo bench --features ssr --bench adapter`.
#![allow(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::convert::Infallible;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::response::IntoResponse;
use axum::routing::any;
use futures::StreamExt;
use liao::model::message::Author;
use liao::model::provider::{Api, Kind, Limits};
use liao::server::llm::{ChatRequest, Delta, Entry, Registry, Sources, Turn};
use uuid::Uuid;

/// Deltas of the answer that is measured, and of the one whose cost is taken off: connecting, asking, ending.
const MANY: usize = 11_000;
const FEW: usize = 1_000;
/// Deltas that one read brings, about.
const READ: usize = 20;

thread_local! {
    static COUNTS: Cell<(u64, u64)> = const { Cell::new((0, 0)) };
}

/// Counts what this thread asks for.
struct Counting;

// SAFETY: everything is the system's; only numbers are kept beside it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = COUNTS.try_with(|counts| counts.set((counts.get().0 + 1, counts.get().1 + layout.size() as u64)));
        // SAFETY: passed on as it came.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: passed on as it came.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// How a vendor writes a delta, and the end.
struct Vendor {
    name: &'static str,
    kind: Kind,
    api: Api,
    path: &'static str,
    media_type: &'static str,
    delta: &'static str,
    end: &'static str,
}

const SSE: &str = "text/event-stream";
const VENDORS: [Vendor; 5] = [
    Vendor {
        name: "OpenAI, Chat Completions",
        kind: Kind::Openai,
        api: Api::Chat,
        path: "/v1",
        media_type: SSE,
        delta: "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1694268190,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" word\"},\"logprobs\":null,\"finish_reason\":null}]}\n\n",
        end: "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n",
    },
    Vendor {
        name: "OpenAI, Responses",
        kind: Kind::Openai,
        api: Api::Responses,
        path: "/v1",
        media_type: SSE,
        delta: "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"sequence_number\":7,\"item_id\":\"msg_1\",\"output_index\":0,\"content_index\":0,\"delta\":\" word\",\"logprobs\":[]}\n\n",
        end: "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"status\":\"completed\"}}\n\n",
    },
    Vendor {
        name: "Anthropic",
        kind: Kind::Anthropic,
        api: Api::Chat,
        path: "",
        media_type: SSE,
        delta: "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\" word\"}}\n\n",
        end: "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"}}\n\n",
    },
    Vendor {
        name: "Gemini",
        kind: Kind::Gemini,
        api: Api::Chat,
        path: "",
        media_type: SSE,
        delta: "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\" word\"}],\"role\":\"model\"},\"index\":0}]}\n\n",
        end: "data: {\"candidates\":[{\"finishReason\":\"STOP\"}]}\n\n",
    },
    Vendor {
        name: "Ollama",
        kind: Kind::Ollama,
        api: Api::Chat,
        path: "",
        media_type: "application/x-ndjson",
        delta: "{\"model\":\"m\",\"created_at\":\"2026-11-26T08:00:00Z\",\"message\":{\"role\":\"assistant\",\"content\":\" word\"},\"done\":false}\n",
        end: "{\"message\":{\"content\":\"\"},\"done\":true,\"done_reason\":\"stop\"}\n",
    },
];

fn main() {
    println!("| adapter | allocations | bytes asked for | bytes read | time |\n|---|---|---|---|---|");
    let mut base = None;
    for vendor in &VENDORS {
        let address = serve(vendor);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let (few, many) = runtime.block_on(async { (cost(vendor, &address, FEW).await, cost(vendor, &address, MANY).await) });
        let thousands = ((MANY - FEW) / 1_000) as u64;
        let time = (many.2.saturating_sub(few.2)) / thousands as u32;
        let base = *base.get_or_insert(time);
        let ratio = time.as_secs_f64() / base.as_secs_f64();
        let (allocations, bytes) = ((many.0 - few.0) / thousands, (many.1 - few.1) / thousands);
        println!("| {} | {allocations} | {bytes} | {} | × {ratio:.2} |", vendor.name, vendor.delta.len() * 1_000);
    }
}

/// A server on threads of its own: what it asks for is not counted. The path says how many deltas.
fn serve(vendor: &'static Vendor) -> String {
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
            tell.send(format!("http://{}", listener.local_addr().expect("an address"))).expect("somebody waits");
            let app =
                Router::new().fallback(any(move |request: axum::extract::Request| async move { answer(vendor, request.uri().path()) }));
            axum::serve(listener, app).await.expect("it serves");
        });
    });
    told.recv().expect("an address")
}

fn answer(vendor: &'static Vendor, path: &str) -> axum::response::Response {
    if path.ends_with("/api/tags") {
        return ([("content-type", "application/json")], "{\"models\":[{\"name\":\"m\"}]}").into_response();
    }
    let count = path.split('/').find_map(|part| part.parse::<usize>().ok()).unwrap_or(0);
    let read = Bytes::from(vendor.delta.repeat(READ));
    let reads = std::iter::repeat_n(read, count / READ).chain([Bytes::from_static(vendor.end.as_bytes())]);
    let body = Body::from_stream(futures::stream::iter(reads.map(Ok::<_, Infallible>)));
    ([("content-type", vendor.media_type)], body).into_response()
}

/// Allocations, bytes and time of an answer with so many deltas: of five, the one with the least time.
async fn cost(vendor: &Vendor, address: &str, deltas: usize) -> (u64, u64, Duration) {
    let base_url = Some(format!("{address}/{deltas}{}", vendor.path));
    let (slug, limits, keys) = ("bench".into(), Limits::default(), Vec::new());
    let Vendor { kind, api, .. } = *vendor;
    let entry = Entry { id: Uuid::now_v7(), slug, kind, base_url, keys, builtin: false, private: true, api, position: 0, limits };
    let upstream = Registry::new(Sources::default()).make(&entry).expect("a provider");
    let mut best = None::<(u64, u64, Duration)>;
    for _ in 0..5 {
        let turns = vec![Turn::new(Author::User, "Go on.")];
        let request = ChatRequest { model: "m".into(), turns, ..ChatRequest::default() };
        let (before, begun) = (COUNTS.get(), Instant::now());
        let mut stream = upstream.provider().chat(request).await.expect("an answer");
        let mut heard = 0;
        while let Some(delta) = stream.next().await {
            heard += usize::from(matches!(delta.expect("a delta"), Delta::Text(_)));
        }
        let (after, took) = (COUNTS.get(), begun.elapsed());
        assert_eq!(heard, deltas, "{}", vendor.name);
        let cost = (after.0 - before.0, after.1 - before.1, took);
        best = Some(best.filter(|best| best.2 <= took).unwrap_or(cost));
    }
    best.expect("five of them")
}
