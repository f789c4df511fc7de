/** The systemd unit that sets a real server up at each boot. Pure. */

/**
 * Gives the text of a unit.
 *
 * @param options of setup; words that need no quoting, as `formatOptions` gives them
 * @param undoOptions of undo
 */
export function systemdUnit(options: readonly string[], undoOptions: readonly string[]): string {
  return `# Sets this host up as a real server at each boot, and takes it back when stopped.
# Install it: /etc/systemd/system/lvsd-realserver.service, then systemctl enable --now lvsd-realserver
[Unit]
Description=Real server of an LVS director
Documentation=man:ipvsadm(8)
# A server that binds to the VIP itself wants After=lvsd-realserver.service in its own unit.
Wants=network-online.target
After=network-online.target systemd-modules-load.service systemd-sysctl.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=${command('setup', options)}
ExecStop=${command('undo', undoOptions)}

[Install]
WantedBy=multi-user.target
`;
}

/** systemd looks the program up in its own PATH; a percent sign would be one of its specifiers. */
function command(action: string, options: readonly string[]): string {
  return ['lvsd realserver', action, ...options.map(quoted)].join(' ').replaceAll('%', '%%');
}

function quoted(word: string): string {
  return /^[\w./:@%-]+$/.test(word) ? word : `"${word.replace(/[\\"]/g, '\\$&').replaceAll('$', '$$$$')}"`;
}
