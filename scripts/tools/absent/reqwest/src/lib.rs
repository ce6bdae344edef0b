//! Stands in for the HTTP client: this build downloads nothing (`no_downloads`), so every request is refused.
use bytes::Bytes;
use serde::de::DeserializeOwned;
use std::fmt;

#[derive(Debug)]
pub struct Error;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this build of cargo-leptos downloads nothing")
    }
}

impl std::error::Error for Error {}

/// Never made: no request succeeds.
#[derive(Debug)]
pub enum Response {}

/// Never made: no request succeeds.
#[derive(Debug)]
pub enum StatusCode {}

impl StatusCode {
    pub fn is_success(&self) -> bool {
        match *self {}
    }
}

impl fmt::Display for StatusCode {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

impl Response {
    pub fn status(&self) -> StatusCode {
        match *self {}
    }

    pub async fn bytes(self) -> Result<Bytes, Error> {
        match self {}
    }

    pub async fn text(self) -> Result<String, Error> {
        match self {}
    }

    pub async fn json<T: DeserializeOwned>(self) -> Result<T, Error> {
        match self {}
    }
}

#[derive(Default)]
pub struct ClientBuilder;

impl ClientBuilder {
    pub fn user_agent(self, _agent: &str) -> Self {
        self
    }

    pub fn build(self) -> Result<Client, Error> {
        Ok(Client)
    }
}

#[derive(Default)]
pub struct Client;

impl Client {
    pub fn get(&self, _url: String) -> RequestBuilder {
        RequestBuilder
    }
}

pub struct RequestBuilder;

impl RequestBuilder {
    pub async fn send(self) -> Result<Response, Error> {
        Err(Error)
    }
}

pub async fn get(_url: &str) -> Result<Response, Error> {
    Err(Error)
}
