//! A live conversation with somebody who is somewhere else: the very one that `jane talk` has, with the network in place of the devices.

use std::sync::Arc;

use jane_audio::AudioError;
use jane_audio::duplex::{DuplexStream, Microphone, RemoteEnd};
use jane_core::event::Event;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::{Place, Sessions, relay};
use crate::conversation::ClientTools;
use crate::conversation::live::{Control, Live, Parts, View};

/// Controls that may wait.
const CONTROLS: usize = 16;

/// Events that may wait for whoever tells the client of them; a client that does not take them is gone before.
const EVENTS: usize = 1024;

/// The client's side of a live conversation. It ends when this is dropped.
pub struct Talk {
    pub controls: mpsc::Sender<Control>,
    pub microphone: Microphone,
    /// What she says, at 24 kHz, at about the speed at which it is heard.
    pub spoken: mpsc::Receiver<Vec<f32>>,
    /// What happens in this conversation alone, with every word.
    pub events: mpsc::Receiver<Event>,
    /// What she understands while somebody speaks.
    pub view: watch::Receiver<View>,
    work: JoinHandle<()>,
}

impl Drop for Talk {
    fn drop(&mut self) {
        self.work.abort();
    }
}

impl Sessions {
    /// Begins one. `told` is added to her instructions, `tools` to those of skills; without `speaks` she answers in text.
    ///
    /// # Errors
    /// Where there is no line.
    pub fn talk(
        &self,
        place: Arc<Place>,
        speaks: bool,
        told: Vec<String>,
        tools: Option<Arc<dyn ClientTools>>,
    ) -> Result<Talk, AudioError> {
        let (RemoteEnd { microphone, spoken }, line) = DuplexStream::network()?;
        let (own, process) = place.events();
        let mut happened = own.subscribe();
        let live = Live::new(Parts {
            runtime: Arc::clone(self.runtime()),
            events: own,
            line,
            frontend: self.frontend(),
            speaks,
            listens: true,
            reopen: None,
        });
        let live = live.for_client(told, tools, Some(self.announcements(place.session)));
        let view = live.view();
        let (controls, to_live) = mpsc::channel(CONTROLS);
        let (sender, events) = mpsc::channel(EVENTS);
        let work = tokio::spawn(async move {
            let telling = async {
                while let Some(stamped) = happened.recv().await {
                    relay(&stamped.event, &process);
                    if sender.send(stamped.event).await.is_err() {
                        return;
                    }
                }
            };
            tokio::join!(live.run(to_live), telling);
            drop(place);
        });
        Ok(Talk {
            controls,
            microphone,
            spoken,
            events,
            view,
            work,
        })
    }
}
