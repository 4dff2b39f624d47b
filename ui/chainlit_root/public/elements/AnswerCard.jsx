// One answer under its sentence. `props` is made by ui/answer_card.py; every string is shown as text.
import { useEffect, useMemo, useRef, useState } from "react";
import { useChatData, useChatMessages } from "@chainlit/react-client";
import {
  AlertTriangle, ArrowDown, ArrowUp, BadgeCheck, BarChart3, ChevronDown, ChevronsUpDown, Download, HelpCircle,
  MessageCircleQuestion, Scale, ShieldCheck, Sigma, Sparkles, Table2, X,
} from "lucide-react";

const TRUST_ICONS = { verified_query: BadgeCheck, governed_metric: ShieldCheck, generated_sql: Sparkles, analysis: Sigma };
const STATUS_ICONS = { clarify: MessageCircleQuestion, refused: Scale, error: AlertTriangle };
const FIRST_ROWS = 10;

function loadThemes() {
  window.ccThemes = window.ccThemes || fetch("/themes.json").then((response) => response.json());
  return window.ccThemes;
}

function useDark() {
  const root = document.documentElement;
  const [dark, setDark] = useState(root.classList.contains("dark"));
  useEffect(() => {
    const observer = new MutationObserver(() => setDark(root.classList.contains("dark")));
    observer.observe(root, { attributes: true, attributeFilter: ["class"] });
    return () => observer.disconnect();
  }, []);
  return dark;
}

// From the chart to its table and back. It stands on what is shown, so the focus goes along to where it is next.
function Turn({ to, turn, focused }) {
  const button = useRef(null);
  useEffect(() => { if (focused && button.current) button.current.focus(); }, []);
  const Icon = to === "table" ? Table2 : BarChart3;
  return <button type="button" ref={button} className="cc-link cc-turn" onClick={turn}><Icon aria-hidden="true" />Show as {to}</button>;
}

function Chart({ figure, titled, children }) {
  const box = useRef(null);
  const dark = useDark();
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    let gone = false;
    Promise.all([window.ccFetchPlotly(), loadThemes()])
      .then(([Plotly, themes]) => {
        if (gone || !box.current) return;
        const layout = { ...structuredClone(figure.layout), template: themes[dark ? "dark" : "light"] };
        const config = { responsive: true, displayModeBar: false, displaylogo: false };
        return Plotly.react(box.current, structuredClone(figure.data), layout, config);
      })
      .catch(() => setFailed(true));
    return () => { gone = true; };
  }, [figure, dark]);
  useEffect(() => () => { if (window.Plotly && box.current) window.Plotly.purge(box.current); }, []);
  return (
    <figure className="cc-chart">
      {(figure.title && !titled) || children ? <figcaption><span>{titled ? "" : figure.title}</span>{children}</figcaption> : null}
      {failed ? <p className="cc-note">The chart could not be drawn. The table holds the same figures.</p> : null}
      <div ref={box} className="cc-plot" role="img" aria-label={`${figure.title || "Chart"}. The table holds the same figures.`}
        style={{ height: figure.layout.height }} />
      {figure.note ? <p className="cc-note">{figure.note}</p> : null}
    </figure>
  );
}

const csvCell = (value) => {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value);
  if (typeof value === "boolean") return String(value);
  // A spreadsheet would run a text that begins like a formula (also in the wide signs of East Asian locales); in quotes
  // no separator of any locale splits it into fields of its own.
  const text = /^[ \u00a0]*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/.test(String(value)) ? `'${value}` : String(value);
  return `"${text.replaceAll('"', '""')}"`;
};

function downloadCsv(part, name) {
  const lines = [part.columns.map((column) => csvCell(column.name))];
  part.rows.forEach((row) => lines.push(row.map((cell) => csvCell(cell.v))));
  const blob = new Blob([lines.map((line) => line.join(",")).join("\r\n") + "\r\n"], { type: "text/csv" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = `${name}.csv`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function compare(a, b) {
  if (a.v === b.v) return 0;
  return typeof a.v === "number" && typeof b.v === "number" ? a.v - b.v : String(a.v).localeCompare(String(b.v));
}

function SortIcon({ state }) {
  if (state === "ascending") return <ArrowUp aria-hidden="true" />;
  if (state === "descending") return <ArrowDown aria-hidden="true" />;
  return <ChevronsUpDown aria-hidden="true" className="cc-unsorted" />;
}

function Table({ part, name, children }) {
  const [sort, setSort] = useState(null);
  const [all, setAll] = useState(false);
  const rows = useMemo(() => {
    if (!sort) return part.rows;
    // A figure that is not there, or not shown, comes last either way: its place would tell something of it.
    const there = part.rows.filter((row) => row[sort.at].v !== null).sort((a, b) => compare(a[sort.at], b[sort.at]));
    return [...(sort.down ? there.reverse() : there), ...part.rows.filter((row) => row[sort.at].v === null)];
  }, [part, sort]);
  const shown = all ? rows : rows.slice(0, FIRST_ROWS);
  const turn = (at) => setSort((old) => (old && old.at === at ? { at, down: !old.down } : { at, down: part.columns[at].number }));
  const stateOf = (at) => (sort && sort.at === at ? (sort.down ? "descending" : "ascending") : "none");
  return (
    <div className="cc-table">
      <div className="cc-scroll" tabIndex={0} role="region" aria-label={part.title || "Table"}>
        <table>
          <thead>
            <tr>
              {part.columns.map((column, at) => (
                <th key={column.name} scope="col" aria-sort={stateOf(at)} className={column.number ? "cc-number" : ""}>
                  <button type="button" onClick={() => turn(at)}>{column.label}<SortIcon state={stateOf(at)} /></button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((row, index) => (
              <tr key={index}>
                {row.map((cell, at) => (
                  <td key={at} className={part.columns[at].number ? "cc-number" : ""}>
                    {cell.why ? <span className="cc-few" title={cell.why}>{cell.t}</span> : cell.t}
                    {cell.word ? <span className={`cc-health cc-${cell.level}`}>{cell.word}</span> : null}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div className="cc-table-foot">
        {rows.length > FIRST_ROWS ? (
          <button type="button" className="cc-link" onClick={() => setAll(!all)}>
            {all ? `Show the first ${FIRST_ROWS}` : `Show all ${rows.length} rows`}
          </button>
        ) : <span>{rows.length === 1 ? "1 row" : `${rows.length} rows`}</span>}
        {part.more || part.truncated ? <span>More rows exist than are shown.</span> : null}
        {children}
        <button type="button" className="cc-link" onClick={() => downloadCsv(part, name)}><Download aria-hidden="true" />CSV</button>
      </div>
    </div>
  );
}

function Stats({ stats }) {
  return (
    <dl className="cc-stats">
      {stats.map((stat) => (
        <div key={stat.label}>
          <dt>{stat.label}</dt>
          <dd title={stat.why}>{stat.t}{stat.word ? <span className={`cc-health cc-${stat.level}`}>{stat.word}</span> : null}</dd>
        </div>
      ))}
    </dl>
  );
}

function Sql({ sql }) {
  const [copied, setCopied] = useState(false);
  const copy = () => navigator.clipboard.writeText(sql).then(() => setCopied(true), () => setCopied(false));
  return (
    <details className="cc-fold">
      <summary>SQL</summary>
      <div className="cc-sql">
        <button type="button" className="cc-link" onClick={copy}>{copied ? "Copied" : "Copy"}</button>
        <pre tabIndex={0}><code>{sql}</code></pre>
      </div>
    </details>
  );
}

function Part({ part, name, several }) {
  const empty = part.columns.length > 0 && part.rows.length === 0;
  const onlyStats = part.stats.length > 0 && part.rows.length === 1 && part.columns.length <= part.stats.length;
  // What is shown beside the table: null until the reader turned, then whether the chart stays away.
  const [asTable, setAsTable] = useState(null);
  const turn = () => setAsTable(!asTable);
  const beside = !asTable && part.figures.length === 1 && !part.figures[0].wide && part.columns.length <= 3 && part.rows.length <= FIRST_ROWS;
  const charts = asTable ? null : part.figures.map((figure, index) => (
    <Chart key={index} figure={figure} titled={several && figure.title === part.title}>
      {index === 0 ? <Turn to="table" turn={turn} focused={asTable === false} /> : null}
    </Chart>
  ));
  return (
    <section className="cc-part">
      {several && part.title ? <h3>{part.title}</h3> : null}
      {part.interpretation ? <p className="cc-read"><span>Read as</span> {part.interpretation}</p> : null}
      {part.stats.length ? <Stats stats={part.stats} /> : null}
      {empty ? <p className="cc-empty">{part.empty}</p> : null}
      {part.rows.length && !onlyStats ? (
        <div className={beside ? "cc-body cc-beside" : "cc-body"}>
          {beside ? null : charts}
          <Table part={part} name={name}>{asTable ? <Turn to="chart" turn={turn} focused /> : null}</Table>
          {beside ? charts : null}
        </div>
      ) : null}
      {part.sql ? <Sql sql={part.sql} /> : null}
    </section>
  );
}

function Badge({ trust, verified }) {
  const Icon = TRUST_ICONS[trust.level] || HelpCircle;
  return (
    <details className={`cc-badge cc-trust-${trust.level}`}>
      <summary title={trust.reason}><Icon aria-hidden="true" />{trust.label}</summary>
      {trust.reason ? <p>{trust.reason}</p> : null}
      {verified && verified.set.length ? (
        <p className="cc-verified">{verified.set.map(({ label, value }) => `${label}: ${value}`).join(" \u00b7 ")}</p>
      ) : null}
      {verified && verified.open.length ? <p className="cc-verified">It can also be set for: {verified.open.join(", ")}</p> : null}
    </details>
  );
}

function Questions({ title, questions, disabled, className }) {
  return (
    <div className={className}>
      <p className="cc-note">{title}</p>
      <ul>
        {questions.map(({ label, question }) => (
          <li key={question}>
            <button type="button" disabled={disabled} onClick={() => sendUserMessage(question)}>{label}</button>
          </li>
        ))}
      </ul>
    </div>
  );
}

// What was understood, slot by slot. The value opens a small menu of alternatives; the cross drops it. Either one asks
// a question in this conversation.
function Chip({ chip, open, setOpen, disabled }) {
  const box = useRef(null);
  const button = useRef(null);
  const menu = useRef(null);
  const shut = (back) => { setOpen(false); if (back && button.current) button.current.focus(); };
  useEffect(() => {
    if (!open) return undefined;
    const first = menu.current && menu.current.querySelector("button");
    const over = menu.current ? menu.current.getBoundingClientRect().right + 12 - innerWidth : 0;
    if (over > 0) menu.current.style.left = `${-over}px`; // a chip at the right edge of a phone
    if (first) first.focus();
    const outside = (event) => { if (box.current && !box.current.contains(event.target)) setOpen(false); };
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, [open]);
  const move = (event) => {
    const items = [...menu.current.querySelectorAll("button")];
    const at = items.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (to !== undefined) { event.preventDefault(); items[(to + items.length) % items.length].focus(); }
    if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); shut(true); }
    if (event.key === "Tab") setOpen(false);
  };
  const ask = (question) => { shut(false); sendUserMessage(question); };
  const words = <><span className="cc-chip-label">{chip.label}</span><span className="cc-chip-value">{chip.value}</span></>;
  return (
    <li className="cc-chip" data-kind={chip.kind} data-parameter={chip.parameter ? "yes" : undefined} ref={box}
      title={chip.parameter ? "A parameter of the verified query: set otherwise, the answer stays verified" : undefined}>
      {chip.options.length ? (
        <button type="button" ref={button} className="cc-chip-set" disabled={disabled} aria-haspopup="menu" aria-expanded={open}
          aria-label={`${chip.label}: ${chip.value}. Change`} onClick={() => setOpen(!open)}
          onKeyDown={(event) => { if (event.key === "ArrowDown") { event.preventDefault(); setOpen(true); } }}>
          {words}<ChevronDown aria-hidden="true" />
        </button>
      ) : <span className="cc-chip-set">{words}</span>}
      {chip.remove ? (
        <button type="button" className="cc-chip-drop" disabled={disabled} title={chip.remove}
          aria-label={chip.remove} onClick={() => ask(chip.remove)}><X aria-hidden="true" /></button>
      ) : null}
      {open ? (
        <ul className="cc-chip-menu" role="menu" aria-label={`${chip.label} instead of ${chip.value}`} ref={menu} onKeyDown={move}>
          {chip.options.map((option) => (
            <li key={option.question} role="none">
              <button type="button" role="menuitem" tabIndex={-1} title={option.question} onClick={() => ask(option.question)}>{option.label}</button>
            </li>
          ))}
        </ul>
      ) : null}
    </li>
  );
}

function Chips({ chips, disabled }) {
  const [open, setOpen] = useState(-1);
  return (
    <ul className="cc-chips" aria-label="What was understood">
      {chips.map((chip, at) => (
        <Chip key={`${chip.kind}-${at}`} chip={chip} disabled={disabled} open={open === at} setOpen={(on) => setOpen(on ? at : -1)} />
      ))}
    </ul>
  );
}

const DECISION_WORDS = {
  approve: "Approve", reject: "Reject", defer: "Defer", duplicate: "Duplicate", reopen: "Open again", undo: "Undo",
};
const QUESTIONS = {
  approve: "Approve this action?", reject: "Reject this action, because", defer: "Defer this action, because",
  duplicate: "It repeats", reopen: "Open this action again?", undo: "Take the latest decision on this action back?",
};

// One action of the answer: how it stands now, and the decisions that its state allows. Each is confirmed before it
// is made; the server says no to a second reviewer who looked before the first one decided.
function Decision({ one, others, disabled, act }) {
  const [chosen, setChosen] = useState(null);
  const [said, setSaid] = useState("");
  const [busy, setBusy] = useState(false);
  const field = useRef(null);
  useEffect(() => { if (chosen && field.current) field.current.focus(); }, [chosen]);
  const shut = () => { setChosen(null); setSaid(""); };
  const send = (event) => {
    event.preventDefault();
    setBusy(true);
    const more = chosen.decision === "duplicate" ? { duplicateOf: said } : { reason: said };
    act(one, { decision: chosen.decision, ...more }).finally(() => { setBusy(false); shut(); });
  };
  const wanted = chosen && (chosen.reasoned || chosen.decision === "duplicate");
  return (
    <li className="cc-decision" data-state={one.state}>
      <span className="cc-decision-name">{one.name}</span>
      <span className="cc-decision-state">{one.state}{one.goLive ? `, go-live ${one.goLive}` : ""}</span>
      {chosen ? (
        <form className="cc-decision-ask" onSubmit={send}
          onKeyDown={(event) => { if (event.key === "Escape") { event.stopPropagation(); shut(); } }}>
          <label>
            {QUESTIONS[chosen.decision]}
            {chosen.reasoned ? (
              <input ref={field} type="text" maxLength={300} required value={said} aria-label="Reason"
                onChange={(event) => setSaid(event.target.value)} />
            ) : null}
            {chosen.decision === "duplicate" ? (
              <select ref={field} required value={said} aria-label="The action that it repeats" onChange={(event) => setSaid(event.target.value)}>
                <option value="">which action?</option>
                {others.filter((other) => other.id !== one.id && other.title !== one.name).map((other) => (
                  <option key={other.id} value={other.id}>{other.title}</option>
                ))}
              </select>
            ) : null}
          </label>
          <button type="submit" ref={wanted ? null : field} disabled={busy || (wanted && !said.trim())}>
            {`Yes, ${DECISION_WORDS[chosen.decision].toLowerCase()}`}
          </button>
          <button type="button" onClick={shut}>Cancel</button>
        </form>
      ) : (
        <span className="cc-decision-can">
          {one.can.map((can) => (
            <button key={can.decision} type="button" disabled={disabled} aria-label={`${DECISION_WORDS[can.decision]} ${one.name}`}
              onClick={() => setChosen(can)}>{DECISION_WORDS[can.decision]}</button>
          ))}
        </span>
      )}
    </li>
  );
}

function Decisions({ names, disabled }) {
  const [standing, setStanding] = useState(null);
  const [told, setTold] = useState("");
  const address = `/chat/decisions?${names.map((name) => `action=${encodeURIComponent(name)}`).join("&")}`;
  const load = () => fetch(address).then((response) => (response.ok ? response.json() : null)).then(setStanding, () => setStanding(null));
  useEffect(() => { load(); }, [address]);
  const act = async (one, given) => {
    const body = JSON.stringify({ proposal: one.id || one.name, version: one.version, ...given });
    try {
      const response = await fetch("/chat/decisions", { method: "POST", headers: { "content-type": "application/json" }, body });
      const now = await response.json();
      setTold(response.ok ? `${one.name}: ${now.actions[0].state}.` : String(now.detail));
    } catch {
      setTold("The decision could not be sent. Nothing was changed.");
    }
    await load();
  };
  if (!standing) return null;
  return (
    <section className="cc-decisions" aria-label="Decide on these actions">
      <p className="cc-note">Decide on these actions. <a href="/dashboard/review" target="_top">Edit or set a go-live in the review inbox</a></p>
      <ul>
        {standing.actions.map((one) => <Decision key={one.name} one={one} others={standing.others} disabled={disabled} act={act} />)}
      </ul>
      <p className="cc-note" role="status">{told}</p>
    </section>
  );
}

export default function AnswerCard() {
  const { disabled } = useChatData();
  const { threadId } = useChatMessages();
  useEffect(() => {
    // Chainlit gives a new conversation its own address only when it is served from the root.
    const mount = document.querySelector('meta[property="og:root_path"]').content;
    const here = location.pathname.replace(/\/$/, "");
    if (threadId && here === mount) history.replaceState(history.state, "", `${mount}/thread/${threadId}`);
  }, [threadId]);
  const StatusIcon = STATUS_ICONS[props.status];
  const followUps = props.followUps.map((question) => ({ label: question, question }));
  const name = `answer-${props.answerId || "table"}`;
  return (
    <article className={`cc-card cc-${props.status}`} data-status={props.status} data-answer={props.answerId}>
      {StatusIcon ? <p className="cc-status"><StatusIcon aria-hidden="true" />{props.title}</p> : null}
      {props.text ? <p className="cc-text">{props.text}</p> : null}
      {props.choices.length ? (
        <Questions className="cc-choices" title="Choose one, or put it another way:" questions={props.choices} disabled={disabled} />
      ) : null}
      {(props.chips || []).length ? <Chips chips={props.chips} disabled={disabled} /> : null}
      {props.parts.map((part, index) => [
        <Part key={index} part={part} name={props.parts.length > 1 ? `${name}-${index + 1}` : name} several={props.parts.length > 1} />,
        index === 0 && (props.decide || []).length ? <Decisions key="decide" names={props.decide} disabled={disabled} /> : null,
      ])}
      {props.assumptions.length ? (
        <div className="cc-assumed"><span>Assumed</span><ul>{props.assumptions.map((text) => <li key={text}>{text}</li>)}</ul></div>
      ) : null}
      {props.trust.label || props.asOf ? (
        <footer className="cc-provenance">
          {props.trust.label ? <Badge trust={props.trust} verified={props.verified} /> : null}
          {props.asOf ? <span>As of {props.asOf}</span> : null}
          {props.snapshot ? <span>Snapshot {props.snapshot}</span> : null}
          {props.agent ? <span title={props.route}>By {props.agent}</span> : null}
          {props.view ? <a className="cc-link cc-view" href={props.view} target="_top">Open in the dashboard</a> : null}
          {props.propose && props.answerId ? (
            <a className="cc-link cc-propose" href={`/verified?answer=${encodeURIComponent(props.answerId)}`} target="_blank" rel="noopener"
              title="Propose this answer as a verified query">Verify this</a>
          ) : null}
        </footer>
      ) : null}
      {followUps.length ? <Questions className="cc-follow-ups" title="Ask next" questions={followUps} disabled={disabled} /> : null}
    </article>
  );
}
