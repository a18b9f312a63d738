'use strict';
// The report page: appearance, and the list of all records. Every text from the evidence is set as
// textContent; links are written so that they can't be opened, hidden characters as boxes.
(() => {
const $ = id => document.getElementById(id);
document.documentElement.classList.add('js');

const ROW = matchMedia('(max-width:40rem)').matches ? 62 : 36; // px; the style sheet has the same
const TALLEST = 8e6; // px: browsers cut elements that are taller than about twice this
const COL = { findings: 0, time: 1, place: 2, state: 3, file: 4, times: 5, fields: 6 };
const utf8 = new TextDecoder();

// -- text from evidence --
const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\ufff9-\ufffb]/g;
const ADDRESS = /domain|host|url|site|origin|link|server|referr?er|e-?mail|address|^ip|_ip|account/i;
const NAME = /^[\w-]+(\.[\w-]+)+\.?$/;
const MAIL = /^\S+@[\w-]+(\.[\w-]+)+$/;

function defang(text, name) {
    const bare = MAIL.test(text) ||
        name && ADDRESS.test(name) && (NAME.test(text) || text.includes('@'));
    if (bare)
        return text.replace(/\./g, '[.]');
    return text.replace(/\bhttp(s?:\/\/)([^\s/"'<>]*)/gi,
        (all, rest, host) => 'hxxp' + rest + host.replace(/\./g, '[.]'));
}

function refang(text) {
    return text.replace(/hxxp/gi, 'http').replace(/\[\.\]|\(\.\)|\[dot\]|\(dot\)/gi, '.')
        .replace(/\[:\]/g, ':').replace(/\[at\]|\(at\)|\[@\]/gi, '@');
}

function show(to, text) {
    let from = 0;
    for (const m of text.matchAll(HIDDEN)) {
        to.append(text.slice(from, m.index));
        const box = document.createElement('span');
        box.className = 'u';
        box.textContent = 'U+' + m[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
        to.append(box);
        from = m.index + m[0].length;
    }
    to.append(text.slice(from));
    return to;
}

function make(tag, name, text) {
    const e = document.createElement(tag);
    if (name)
        e.className = name;
    if (text !== undefined)
        show(tag === 'bdi' ? e : e.appendChild(document.createElement('bdi')), text);
    return e;
}

const plain = cell => cell.replace(/\\([tn\\])/g, (all, c) => c === 't' ? '\t' : c === 'n' ? '\n' : c);

// -- blocks --
function bytesOf(text) {
    if (Uint8Array.fromBase64) // Chromium 140, Firefox 133
        return Uint8Array.fromBase64(text);
    const plain = atob(text), bytes = new Uint8Array(plain.length);
    for (let i = 0; i < plain.length; i++)
        bytes[i] = plain.charCodeAt(i);
    return bytes;
}

async function unpack(node) {
    const packed = bytesOf(node.textContent);
    node.remove();
    // Not through a Blob: that would carry everything to another process and back.
    const stream = new DecompressionStream('gzip'), to = stream.writable.getWriter();
    to.write(packed).catch(() => {}); // the reader learns of it, too
    to.close().catch(() => {});
    return new Uint8Array(await new Response(stream.readable).arrayBuffer());
}

// Starts of the lines.
function indexLines(bytes) {
    const starts = [0];
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1))
        starts.push(at + 1);
    return { bytes, starts, n: starts.length - 1 };
}

// Rows lie by source, blocks of them are unpacked when they are looked at; their order in time is a
// list of numbers.
const blocks = [], sources = new Map();
let words = {}, total = 0, order = null, ranks = null, files = null;
let shown = null, down = false, current = -1, cached = null;

function load(b) {
    b.wait = b.wait || unpack(b.node).then(bytes => {
        b.node = null;
        b.starts = Uint32Array.from(indexLines(bytes).starts);
        b.bytes = bytes;
    });
    return b.wait;
}

function blockOf(number) {
    let low = 0, high = blocks.length - 1;
    while (low < high) {
        const mid = (low + high + 1) >> 1;
        if (blocks[mid].first <= number)
            low = mid;
        else
            high = mid - 1;
    }
    return blocks[low];
}

function cells(number) {
    const b = blockOf(number), i = number - b.first;
    return utf8.decode(b.bytes.subarray(b.starts[i], b.starts[i + 1] - 1)).split('\t');
}

async function loadFiles() {
    const list = [];
    for (const node of document.querySelectorAll('script.files'))
        list.push(indexLines(await unpack(node)));
    return list;
}

async function fileOf(text) {
    files = files || loadFiles();
    let number = text === '' ? Infinity : +text;
    for (const f of await files) {
        if (number < f.n)
            return utf8.decode(f.bytes.subarray(f.starts[number], f.starts[number + 1] - 1))
                .split('\t').map(plain);
        number -= f.n;
    }
    return ['', ''];
}

// -- list --
const count = () => shown ? shown.length : total;
const nth = i => {
    const k = down ? count() - 1 - i : i;
    return shown ? shown[k] : order[k];
};
const sourceOf = number => sources.get(blockOf(number).source);
const box = $('list'), inner = $('rows');

function fieldsOf(row) {
    try {
        return Object.entries(JSON.parse(plain(row[COL.fields])));
    } catch {
        return [['', plain(row[COL.fields])]];
    }
}

const valueText = v => v !== null && typeof v === 'object' ? JSON.stringify(v) : String(v);

function line(i, top, missing) {
    const number = nth(i), e = make('div', 'rr');
    e.setAttribute('role', 'option');
    e.setAttribute('aria-posinset', i + 1);
    e.setAttribute('aria-setsize', count());
    e.dataset.i = i;
    e.style.transform = 'translateY(' + top + 'px)';
    if (!blockOf(number).bytes) {
        missing.add(blockOf(number));
        return e;
    }
    const row = cells(number);
    e.append(make('span', 'num', row[COL.time] || '–'));
    const source = sourceOf(number);
    e.append(make('span', 's', source ? source.title : ''));
    const content = fieldsOf(row).map(([k, v]) => k + ': ' + defang(valueText(v), k)).join('  ');
    e.append(make('span', 'c', content.slice(0, 400)));
    e.append(make('span', 'f', row[COL.findings]));
    if (i === current)
        e.classList.add('cur');
    return e;
}

function draw() {
    const n = count(), height = Math.min(n * ROW, TALLEST), view = box.clientHeight;
    inner.style.height = height + 'px';
    const squeezed = n * ROW > TALLEST;
    const from = squeezed
        ? Math.round(box.scrollTop / Math.max(1, height - view) * Math.max(0, n - view / ROW))
        : Math.floor(box.scrollTop / ROW);
    const base = squeezed ? box.scrollTop : from * ROW;
    const out = document.createDocumentFragment(), missing = new Set();
    for (let i = from; i < Math.min(n, from + Math.ceil(view / ROW) + 2); i++)
        out.append(line(i, base + (i - from) * ROW, missing));
    if (!n && total)
        out.append(make('p', 'empty', words['ui.no-match'] + ' ' + words['page.proves']));
    inner.replaceChildren(out);
    // Whatever was scrolled to meanwhile is drawn then.
    return missing.size ? Promise.all([...missing].map(load)).then(draw) : Promise.resolve();
}

function tell() {
    $('count').textContent = count().toLocaleString('en') + ' / ' + total.toLocaleString('en') + ' ' +
        words['page.shown'];
}

// Bytes as one character each: so places in the text are places in the block.
const latin1 = new TextDecoder('latin1');

function searchBlock(b, needle, take) {
    const text = cached && cached.block === b ? cached.text : latin1.decode(b.bytes).toLowerCase();
    cached = blocks.length === 1 ? { block: b, text } : null;
    let i = 0;
    for (let at = text.indexOf(needle); at >= 0 && i < b.n; at = text.indexOf(needle, at)) {
        let low = i, high = b.n - 1;
        while (low < high) {
            const mid = (low + high + 1) >> 1;
            if (b.starts[mid] <= at)
                low = mid;
            else
                high = mid - 1;
        }
        take(low);
        i = low + 1;
        at = b.starts[i];
    }
}

// Rows by number to rows in their order in time.
function inOrder(found, n) {
    if (!ranks) {
        ranks = new Uint32Array(total);
        for (let i = 0; i < total; i++)
            ranks[order[i]] = i;
    }
    const places = new Uint32Array(n);
    for (let i = 0; i < n; i++)
        places[i] = ranks[found[i]];
    return places.sort().map(place => order[place]);
}

let turn = 0;
async function filter() {
    const mine = ++turn, source = $('source').value, hits = $('hits').checked;
    const typed = refang($('q').value.trim());
    const needle = latin1.decode(new TextEncoder().encode(typed)).toLowerCase();
    down = $('order').value === 'down';
    let found = null;
    if (needle || source || hits) {
        const all = new Uint32Array(total);
        let n = 0;
        for (const b of blocks) {
            if (source && b.source !== +source)
                continue;
            if (needle || hits)
                await load(b);
            const take = i => {
                if (!hits || b.bytes[b.starts[i]] !== 9)
                    all[n++] = b.first + i;
            };
            if (needle)
                searchBlock(b, needle, take);
            else
                for (let i = 0; i < b.n; i++)
                    take(i);
            if (blocks.length > 1 && performance.now() - breath > 50)
                await breathe(); // let keys and clicks through
            if (mine !== turn)
                return;
        }
        found = inOrder(all, n);
    }
    shown = found;
    current = -1;
    box.scrollTop = 0;
    tell();
    draw();
}

let breath = 0;
async function breathe() {
    await new Promise(done => setTimeout(done));
    breath = performance.now();
}

// -- one record --
function pair(list, key, text, code) {
    if (text === '' || text === undefined)
        return;
    list.append(make('dt', '', key));
    const dd = list.appendChild(document.createElement('dd'));
    dd.append(code ? make('code', '', text) : make('span', '', text));
}

function part(title, list) {
    const d = document.createElement('div');
    d.append(make('h3', '', title), list);
    return d;
}

// Names and times by turns; null is the row's own time.
function timesInto(list, text, own) {
    if (!text.startsWith('['))
        return;
    try {
        const times = JSON.parse(text);
        for (let i = 0; i + 1 < times.length; i += 2)
            pair(list, String(times[i]),
                times[i + 1] === null ? own : String(times[i + 1]).replace('T', ' ').replace('Z', ''),
                false);
    } catch { /* shown as it is, in the row's own time */ }
}

async function open(i) {
    if (i < 0 || i >= count())
        return;
    current = i;
    const number = nth(i), source = sourceOf(number);
    await load(blockOf(number));
    const row = cells(number), [path, container] = await fileOf(row[COL.file]);
    if (current !== i)
        return; // another one was asked for meanwhile
    const fields = make('dl', 'dl'), where = make('dl', 'dl');
    for (const [k, v] of fieldsOf(row))
        pair(fields, k, defang(valueText(v), k), true);
    pair(where, words['ui.time'], row[COL.time], false);
    timesInto(where, plain(row[COL.times]), row[COL.time]);
    pair(where, words['ui.artifact'], source ? source.id : '', true);
    pair(where, words['ui.path'], path, true);
    pair(where, words['ui.container-path'], container, true);
    const [, kind, place] = /^(\w+) ([^]*)$/.exec(plain(row[COL.place]));
    pair(where, words[kind === 'row' ? 'ui.row' : 'page.' + kind], place, true);
    pair(where, words['page.state'], words['ui.state-' + row[COL.state]] || row[COL.state], false);
    $('drawer-t').replaceChildren(make('bdi', '', source ? source.title : ''));
    const body = [part(words['page.fields'], fields), part(words['page.where'], where)];
    if (row[COL.findings])
        body.push(part(words['section.findings'], links(row[COL.findings])));
    $('drawer-b').replaceChildren(...body);
    $('back').disabled = i === 0;
    $('forth').disabled = i === count() - 1;
    if (!$('drawer').open)
        $('drawer').showModal();
    draw();
}

// Only numbers of our own become links.
function links(text) {
    const p = document.createElement('p');
    for (const n of text.split(',').filter(n => /^\d+$/.test(n))) {
        const a = document.createElement('a');
        a.href = '#f-' + n;
        a.textContent = n;
        a.addEventListener('click', () => {
            $('drawer').close();
            const d = $('f-' + n);
            if (d)
                d.open = true;
        });
        p.append(a, ' ');
    }
    return p;
}

function move(to) {
    current = Math.max(0, Math.min(count() - 1, to));
    if (count() * ROW <= TALLEST) {
        const top = current * ROW;
        if (top < box.scrollTop)
            box.scrollTop = top;
        else if (top + ROW > box.scrollTop + box.clientHeight)
            box.scrollTop = top + ROW - box.clientHeight;
    } else {
        box.scrollTop = current / count() * (TALLEST - box.clientHeight);
    }
    draw();
}

function keys(event) {
    const page = Math.floor(box.clientHeight / ROW) - 1;
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page };
    if (event.key in steps)
        move(current + steps[event.key]);
    else if (event.key === 'Home')
        move(0);
    else if (event.key === 'End')
        move(count() - 1);
    else if (event.key === 'Enter')
        open(current);
    else
        return;
    event.preventDefault();
}

// -- start --
function page() {
    $('theme').addEventListener('change', e => {
        if (e.target.value === 'auto')
            delete document.documentElement.dataset.theme;
        else
            document.documentElement.dataset.theme = e.target.value;
    });
    $('print').addEventListener('click', () => print());
    $('openall').addEventListener('click', () => {
        for (const d of document.querySelectorAll('details.finding'))
            d.open = true;
    });
    addEventListener('beforeprint', () => {
        for (const d of document.querySelectorAll('details'))
            d.open = true;
    });
    addEventListener('keydown', e => {
        const busy = /^(INPUT|SELECT|TEXTAREA)$/.test(e.target.tagName) || e.ctrlKey || e.metaKey ||
            e.altKey;
        if (e.key === '/' && !busy && !$('drawer').open) {
            $('q').focus();
            e.preventDefault();
        }
    });
    const seen = new IntersectionObserver(list => {
        for (const entry of list) {
            const a = document.querySelector('nav a[href="#' + entry.target.id + '"]');
            if (!a || !entry.isIntersecting)
                continue;
            for (const other of document.querySelectorAll('nav a[aria-current]'))
                other.removeAttribute('aria-current');
            a.setAttribute('aria-current', 'true');
        }
    }, { rootMargin: '-15% 0px -80% 0px' });
    for (const s of document.querySelectorAll('main section'))
        seen.observe(s);
}

function list() {
    let typing = 0;
    $('q').addEventListener('input', () => {
        clearTimeout(typing);
        typing = setTimeout(filter, 120);
    });
    for (const id of ['source', 'order', 'hits'])
        $(id).addEventListener('change', filter);
    box.addEventListener('scroll', () => requestAnimationFrame(draw), { passive: true });
    box.addEventListener('keydown', keys);
    inner.addEventListener('click', e => {
        const row = e.target.closest('.rr');
        if (row)
            open(+row.dataset.i);
    });
    $('shut').addEventListener('click', () => $('drawer').close());
    $('back').addEventListener('click', () => open(current - 1));
    $('forth').addEventListener('click', () => open(current + 1));
    $('drawer').addEventListener('close', () => box.focus());
    addEventListener('resize', draw);
}

function readIndex(bytes) {
    const index = JSON.parse(utf8.decode(bytes));
    words = index.words;
    const several = new Set(index.sources.map(s => s[3])).size > 1;
    for (const [number, id, title, evidence] of index.sources) {
        const name = several ? title + ' · ' + evidence : title;
        sources.set(number, { id, title: name });
        const option = document.createElement('option');
        option.value = number;
        show(option, name.replace(HIDDEN, '�'));
        $('source').append(option);
    }
}

// Four bytes a number, all lowest bytes first.
function readOrder(bytes) {
    total = bytes.length / 4;
    order = new Uint32Array(total);
    for (let i = 0; i < total; i++)
        order[i] = bytes[i] | bytes[i + total] << 8 | bytes[i + 2 * total] << 16 |
            bytes[i + 3 * total] << 24;
}

async function start() {
    page();
    if (!window.DecompressionStream) {
        $('count').textContent = document.querySelector('.no-js').textContent;
        return;
    }
    list();
    readIndex(await unpack($('index')));
    $('count').textContent = words['page.loading'];
    readOrder(await unpack($('ranks')));
    let first = 0;
    for (const node of document.querySelectorAll('script.rows')) {
        blocks.push({ node, n: +node.dataset.n, source: +node.dataset.s, first });
        first += +node.dataset.n;
    }
    tell();
    await draw();
    document.documentElement.dataset.ready = 'true';
    for (const b of blocks) { // so that a search need not wait for it
        await load(b);
        await breathe();
    }
    document.documentElement.dataset.unpacked = 'true';
}
start();
})();
