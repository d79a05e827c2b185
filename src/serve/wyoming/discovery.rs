//! Lets Home Assistant find her: mDNS, `_wyoming._tcp`.

use std::net::SocketAddr;

use mdns_sd::{IfKind, ServiceDaemon, ServiceInfo};

const KIND: &str = "_wyoming._tcp.local.";

/// She is announced until this is dropped.
pub struct Announced(ServiceDaemon);

/// Announces her at `address`; one that is all of this machine's stands for each of them.
///
/// # Errors
/// Where the network does not allow it.
pub fn announce(address: SocketAddr) -> Result<Announced, mdns_sd::Error> {
    let daemon = ServiceDaemon::new()?;
    let name = host();
    let host = format!("{name}.local.");
    // Home Assistant knows her by this name: it has to be the same at each start.
    let instance = format!("jane-{name}");
    let no_properties: &[(&str, &str)] = &[];
    let ip = match address.ip().is_unspecified() {
        true => String::new(),
        false => address.ip().to_string(),
    };
    let info = ServiceInfo::new(
        KIND,
        &instance,
        &host,
        ip.as_str(),
        address.port(),
        no_properties,
    )?;
    let mut info = match address.ip().is_unspecified() {
        true => info.enable_addr_auto(),
        false => info,
    };
    if address.is_ipv4() {
        // At the others nobody listens, and Home Assistant would take the first it hears of.
        info.set_interfaces(vec![IfKind::IPv4]);
    }
    daemon.register(info)?;
    Ok(Announced(daemon))
}

impl Drop for Announced {
    fn drop(&mut self) {
        let _ = self.0.shutdown();
    }
}

/// This machine's name, as far as it may be a part of a name in a network.
fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let letters = name
        .chars()
        .filter(|letter| letter.is_ascii_alphanumeric() || *letter == '-');
    let name: String = letters.take(40).collect();
    match name.is_empty() {
        true => "house".to_owned(),
        false => name,
    }
}
