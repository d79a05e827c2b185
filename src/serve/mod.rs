//! `jane serve`: everybody in the house can talk to her, from anything.
//!
//! Invariants: each session has a history of its own, and the engines are shared; protocols know sessions and no engine; who sends
//! too much, too slowly or nothing loses only what is theirs; what was said is in no log and in no event of the process; on an
//! address beyond this machine nobody is heard without the token.
//!
//! | module | holds |
//! |---|---|
//! | `sessions` | who talks to her: their number, their turns, and what they ask of single engines |
//! | `access` | who may: hosts, origins and the token |
//! | `token` | the token's file |
//! | `tls` | encryption of connections |
//! | `listener` | connections: bounded in number, time and size |
//! | `openai` | OpenAI's interfaces under `/v1` |
//! | `page` | the page for browsers, and what it shows of her |
//! | `realtime` | OpenAI's Realtime interface: the live conversation over a WebSocket |
//! | `events` | what happens in the whole server, for whoever has the token |
//! | `wyoming` | what Home Assistant speaks |
//! | `service` | she as a service of systemd |

mod access;
mod connections;
mod error;
mod events;
mod listener;
mod openai;
mod page;
mod realtime;
pub mod service;
mod sessions;
mod tls;
mod token;
mod wyoming;

use std::net::SocketAddr;
use std::path::Path;

use axum::Router;
use axum::middleware;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use error::ServeError;
pub use sessions::{Means, Sessions};
pub use token::Token;

use access::Access;
use jane_config::{Listen, Serve};
use jane_core::event::Event;
use openai::{id, pcm};
use tls::Tls;
use wyoming::Wyoming;

/// The server, which listens and does not answer yet.
pub struct Server {
    sessions: Sessions,
    listener: TcpListener,
    address: SocketAddr,
    router: Router,
    tls: Option<Tls>,
    wyoming: Option<Wyoming>,
}

impl Server {
    /// Listens where `config` says. The token is made where one is needed and none is there; `home` is what its file is relative to.
    ///
    /// # Errors
    /// Where the address cannot be listened at, or the token cannot be read or made.
    pub async fn open(config: &Serve, home: &Path, sessions: Sessions) -> Result<Self, ServeError> {
        let listen = config.listen().map_err(|error| ServeError::Address {
            key: "serve.listen",
            error,
        })?;
        let token = match listen.is_loopback() {
            true => None,
            false => Some(Token::of(&home.join(&config.token_file))?),
        };
        let tls = Tls::of(config, home)?;
        let listener = bind(&listen, "serve.listen").await?;
        let address = listener.local_addr().map_err(|source| ServeError::Listen {
            key: "serve.listen",
            address: config.listen.clone(),
            source,
        })?;
        let access = Access::new(&listen.host, &config.names, token);
        let router = Router::new()
            .nest("/v1", openai::routes(sessions.clone()))
            .route(
                "/v1/realtime",
                get(realtime::connect).with_state(Shared {
                    sessions: sessions.clone(),
                }),
            )
            .merge(page::routes(sessions.clone()))
            .merge(events::routes(sessions.clone()))
            .fallback(openai::not_found)
            .layer(middleware::from_fn_with_state(access, access::checked));
        let wyoming = config.wyoming().map_err(|error| ServeError::Address {
            key: "serve.wyoming",
            error,
        })?;
        let wyoming = match wyoming {
            Some(listen) => Some(Wyoming::open(listen, config, sessions.clone()).await?),
            None => None,
        };
        Ok(Self {
            sessions,
            listener,
            address,
            router,
            tls,
            wyoming,
        })
    }

    /// Where it is reached.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `ending` is cancelled, and then until the turns that are under way have ended, in bounded time.
    pub async fn run(self, ending: CancellationToken) {
        if let Some(print) = self.tls.as_ref().and_then(|tls| tls.own.as_ref()) {
            self.sessions.events().emit(Event::Warning {
                message: "browsers warn of her certificate once, for she made it herself"
                    .to_owned(),
                hint: Some(format!("its SHA-256 fingerprint is {print}")),
            });
        }
        self.sessions.events().emit(Event::ServeListening {
            interface: if self.tls.is_some() { "https" } else { "http" },
            address: self.address.to_string(),
        });
        let wyoming = async {
            if let Some(wyoming) = self.wyoming {
                wyoming.run().await;
            }
        };
        let _watchdog = service::ready();
        let ended = async {
            ending.cancelled().await;
            service::ending();
        };
        tokio::join!(
            listener::serve(
                self.listener,
                self.router,
                self.tls.map(|tls| tls.acceptor),
                ending.clone()
            ),
            wyoming,
            ended
        );
        self.sessions.ended().await;
    }
}

async fn bind(listen: &Listen, key: &'static str) -> Result<TcpListener, ServeError> {
    let bound = TcpListener::bind((listen.host.as_str(), listen.port)).await;
    bound.map_err(|source| ServeError::Listen {
        key,
        address: format!("{}:{}", listen.host, listen.port),
        source,
    })
}

/// What handlers share.
#[derive(Clone)]
struct Shared {
    sessions: Sessions,
}
