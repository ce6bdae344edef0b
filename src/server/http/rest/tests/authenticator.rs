//! An authenticator for tests: it answers the ceremonies of WebAuthn as a phone does (ES256, no attestation), and can be told to
//! misbehave.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD as URL};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// A key pair of these tests: PKCS #8, and its public point.
const PRIVATE: &str = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg5GW+IywBwIPGQuares7TPoXFEqH9E7BfwoSKJ3r7PaWhRANCAASDJntdenum8/nd7h3dybu1T+Mjudf22VAM79Eu+cKG7CK0nZbsvDqg8C1+9wtr8QocyhUYTF+L+6nWtHZwuaWF";
const POINT: &str = "gyZ7XXp7pvP53e4d3cm7tU/jI7nX9tlQDO/RLvnChuwitJ2W7Lw6oPAtfvcLa/EKHMoVGExfi/up1rR2cLmlhQ==";

const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const NEW: u8 = 0x40;

pub struct Authenticator {
    pub origin: &'static str,
    id: [u8; 32],
    user: Vec<u8>,
    pub count: u32,
    /// Whether it checks its owner.
    pub verifies: bool,
}

impl Authenticator {
    pub fn new(seed: u8) -> Self {
        Self { origin: "http://localhost:3000", id: [seed; 32], user: Vec::new(), count: 0, verifies: true }
    }

    fn flags(&self) -> u8 {
        if self.verifies { PRESENT | VERIFIED } else { PRESENT }
    }

    fn data(&self, rp: &str, flags: u8) -> Vec<u8> {
        [Sha256::digest(rp).as_slice(), &[flags], &self.count.to_be_bytes()].concat()
    }

    fn client(&self, kind: &str, options: &Value) -> Vec<u8> {
        json!({"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": false}).to_string().into_bytes()
    }

    /// Makes a credential.
    pub fn create(&mut self, ceremony: &Value) -> Value {
        let options = &ceremony["options"]["publicKey"];
        self.user = URL.decode(options["user"]["id"].as_str().unwrap()).unwrap();
        let point = STANDARD.decode(POINT).unwrap();
        let mut data = self.data(options["rp"]["id"].as_str().unwrap(), self.flags() | NEW);
        data.extend([[0; 16].as_slice(), &[0, 32], &self.id].concat());
        // The public key in COSE: EC2, ES256, P-256, x, y.
        data.extend([0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32]);
        data.extend(&point[..32]);
        data.extend([0x22, 0x58, 32]);
        data.extend(&point[32..]);
        let length = u8::try_from(data.len()).unwrap();
        let head: Vec<u8> = [&[0xa3, 0x63][..], b"fmt", &[0x64], b"none", &[0x67], b"attStmt", &[0xa0, 0x68], b"authData"].concat();
        let object = [&head[..], &[0x58, length], &data].concat();
        let client = self.client("webauthn.create", options);
        let response = json!({"attestationObject": URL.encode(object), "clientDataJSON": URL.encode(client)});
        json!({"id": URL.encode(self.id), "rawId": URL.encode(self.id), "type": "public-key", "response": response})
    }

    /// Proves that it has the credential.
    pub fn get(&mut self, ceremony: &Value) -> Value {
        self.count += 1;
        let options = &ceremony["options"]["publicKey"];
        let (data, client) = (self.data(options["rpId"].as_str().unwrap(), self.flags()), self.client("webauthn.get", options));
        let signed = [data.as_slice(), &Sha256::digest(&client)].concat();
        let key = jsonwebtoken::EncodingKey::from_ec_der(&STANDARD.decode(PRIVATE).unwrap());
        let fixed = URL.decode(jsonwebtoken::crypto::sign(&signed, &key, jsonwebtoken::Algorithm::ES256).unwrap()).unwrap();
        let response = json!({
            "authenticatorData": URL.encode(data),
            "clientDataJSON": URL.encode(client),
            "signature": URL.encode(der(&fixed)),
            "userHandle": URL.encode(&self.user),
        });
        json!({"id": URL.encode(self.id), "rawId": URL.encode(self.id), "type": "public-key", "response": response})
    }
}

/// The signature as WebAuthn carries it: a sequence of two integers.
fn der(fixed: &[u8]) -> Vec<u8> {
    let integer = |bytes: &[u8]| {
        let bytes = &bytes[bytes.iter().position(|b| *b != 0).unwrap_or(31)..];
        let padded = if bytes[0] & 0x80 == 0 { bytes.to_vec() } else { [&[0], bytes].concat() };
        [&[2, u8::try_from(padded.len()).unwrap()], padded.as_slice()].concat()
    };
    let (r, s) = fixed.split_at(32);
    let body = [integer(r), integer(s)].concat();
    [&[0x30, u8::try_from(body.len()).unwrap()], body.as_slice()].concat()
}
