//! Her ears, voice and mind for Home Assistant, by the Wyoming protocol: one port for all.
//!
//! Invariants: a connection is bounded in what it sends at once, and ends where nothing comes for a while or nothing is taken; what it asked
//! for ends with it; she is never a satellite, for Home Assistant would use nothing else of her then. The protocol has no secrets: it is
//! opened only where the configuration names an address.
//!
//! `info` is what she tells of herself · `connection` answers · `hearing`, `speaking` and `handling` do what is asked ·
//! `discovery` lets her be found

mod connection;
mod discovery;
mod handling;
mod hearing;
mod info;
mod speaking;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use jane_config::{Listen, Serve};
use jane_core::event::Event;
use tokio::net::TcpListener;

use super::connections::serve_each;
use super::sessions::{ConversationStore, Sessions};
use super::{ServeError, bind};

/// Connections at once; more are closed.
const MOST: usize = 64;

/// What connections share.
#[derive(Clone)]
struct House {
    sessions: Sessions,
    kept: Arc<ConversationStore>,
    idle: Duration,
}

/// The server, which listens and does not answer yet.
pub struct Wyoming {
    listener: TcpListener,
    address: SocketAddr,
    listen: Listen,
    house: House,
    announces: bool,
}

impl Wyoming {
    /// Listens at `listen`.
    ///
    /// # Errors
    /// Where that cannot be done.
    pub async fn open(
        listen: Listen,
        config: &Serve,
        sessions: Sessions,
    ) -> Result<Self, ServeError> {
        let listener = bind(&listen, "serve.wyoming").await?;
        let address = listener.local_addr().map_err(|source| ServeError::Listen {
            key: "serve.wyoming",
            address: config.wyoming.clone(),
            source,
        })?;
        Ok(Self {
            listener,
            address,
            announces: config.announce && !listen.is_loopback(),
            listen,
            house: House {
                sessions,
                kept: Arc::default(),
                idle: Duration::from_secs(config.idle_seconds.into()),
            },
        })
    }

    /// Serves until she ends, and until what is under way then has ended.
    pub async fn run(self) {
        let events = self.house.sessions.events().clone();
        if !self.listen.is_loopback() {
            events.emit(Event::Warning {
                message: format!(
                    "whoever reaches {} can use her ears, voice and mind: Wyoming knows no secrets (`serve.wyoming`)",
                    self.address
                ),
                hint: Some("name an address that only Home Assistant reaches, or let a firewall see to it".to_owned()),
            });
        }
        let _announced = match self.announces {
            true => discovery::announce(self.address)
                .inspect_err(
                    |error| tracing::warn!(%error, "Home Assistant does not find her by itself"),
                )
                .ok(),
            false => None,
        };
        events.emit(Event::ServeListening {
            interface: "wyoming",
            address: self.address.to_string(),
        });
        let ending = self.house.sessions.ending().clone();
        serve_each(self.listener, MOST, &ending, |stream| {
            connection::serve(stream, self.house.clone())
        })
        .await;
    }
}
