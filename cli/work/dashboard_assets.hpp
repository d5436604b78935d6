#pragma once
// Style and script of the dashboard, as they stand in the page; the page's policy lets in nothing that has
// another hash.

#include <string_view>

namespace coffre::cli {

inline constexpr std::string_view dashboard_style = R"css(
:root{color-scheme:light dark;--bg:#f5f4f0;--card:#fff;--ink:#1b2126;--soft:#55606b;
--line:#dedbd3;--hair:#ebe8e1;
--ok:#14613a;--okb:#e2f1e7;--watch:#774b00;--watchb:#fcefd2;--bad:#a01621;--badb:#fce3e3;--unk:#434d57;
--unkb:#e8ebee;--link:#174a84;--hatch:rgba(119,75,0,.22)}
@media (prefers-color-scheme:dark){:root{--bg:#13161a;--card:#1a1f24;--ink:#e7e9eb;--soft:#a4aeb8;
--line:#353c44;
--hair:#272d34;--ok:#7fd5a3;--okb:#15301f;--watch:#f2c56b;--watchb:#35290f;--bad:#ff9f9f;--badb:#41181b;
--unk:#b8c2cc;--unkb:#2a3138;--link:#92bef2;--hatch:rgba(242,197,107,.25)}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-padding-top:1rem}
body{margin:0;background:var(--bg);color:var(--ink);
font:15px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif;
font-variant-numeric:tabular-nums lining-nums}
a{color:var(--link);text-underline-offset:.15em}
:focus-visible{outline:3px solid var(--link);outline-offset:2px;border-radius:3px}
.v{position:absolute;width:1px;height:1px;margin:-1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.skip{position:absolute;left:-99rem;top:.5rem;background:var(--card);padding:.5rem 1rem;z-index:9}
.skip:focus{left:.5rem}
header,main,footer{max-width:1560px;margin:0 auto;padding:0 clamp(.8rem,2.5vw,2.2rem)}
header{padding-top:1.6rem}
.brand{margin:0;color:var(--soft);font-size:.82rem;letter-spacing:.04em}
.brand b{letter-spacing:.14em;color:var(--ink)}
h1{font-size:clamp(1.35rem,2.6vw,1.9rem);line-height:1.2;margin:.1rem 0 .2rem;font-weight:650;
letter-spacing:-.01em;overflow-wrap:anywhere}
.meta{margin:0;color:var(--soft);font-size:.88rem}
.meta span+span::before{content:"·";padding:0 .5em}
.note{margin:.8rem 0 0;padding:.5rem .8rem;border:1px dashed var(--unk);background:var(--unkb);
color:var(--unk)}
h2{font-size:1.02rem;margin:0 0 .5rem;font-weight:650}
h2 small{font-weight:400;color:var(--soft);margin-left:.5em}
h3{font-size:.95rem;margin:0;font-weight:650}
h4{font-size:.88rem;margin:.9rem 0 0;font-weight:650}
section,.site{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:1rem 1.1rem;
margin:1rem 0;min-width:0}
.verdict{display:grid;grid-template-columns:minmax(15rem,1.2fr) 2fr;gap:1rem 2rem;align-items:center;
border-left:8px solid var(--unk);padding:1.1rem 1.3rem}
.verdict.ok{border-left-color:var(--ok)}.verdict.watch{border-left-color:var(--watch)}
.verdict.bad{border-left-color:var(--bad)}.verdict.unknown{border-left-style:dashed}
.verdict.stale{border-left-color:var(--unk);border-left-style:dashed}
.verdict.stale .tiles dd{color:var(--unk)}
section:not(.verdict){content-visibility:auto;contain-intrinsic-height:auto 40rem}
.say{display:flex;gap:.9rem;align-items:center}
.say h2{font-size:clamp(1.25rem,2.2vw,1.6rem);line-height:1.2;margin:0;letter-spacing:-.01em}
.say p{margin:.2rem 0 0;color:var(--soft)}
.say .g{font-size:1.7rem;flex:none}
.tiles{display:grid;grid-template-columns:repeat(4,minmax(0,1fr));gap:.2rem 1.6rem;margin:0}
.tiles div{display:flex;flex-direction:column-reverse;justify-content:flex-end;
border-left:1px solid var(--line);padding-left:.9rem}
.tiles dt{color:var(--soft);font-size:.82rem;line-height:1.3}
.tiles dd{margin:0;font-size:1.65rem;font-weight:600;line-height:1.25;letter-spacing:-.01em}
.tiles dd small{display:block;font-size:.82rem;font-weight:600;letter-spacing:0}
.tiles .alert dd{color:var(--bad)}
.g{display:inline-flex;width:1.5em;height:1.5em;align-items:center;justify-content:center;font-weight:700;
font-style:normal;font-size:.85em;line-height:1;vertical-align:-.25em;border:.1em solid}
.g.ok,.ok>.g{color:var(--ok);background:var(--okb);border-radius:50%}
.g.watch,.watch>.g{color:var(--watch);background:var(--watchb);border-radius:.25em .25em .75em .75em}
.g.bad,.bad>.g{color:var(--bad);background:var(--badb);border-radius:.1em}
.g.unknown,.unknown>.g{color:var(--unk);background:var(--unkb);border-radius:50%;border-style:dashed}
.stale>.g,.g.stale{color:var(--unk);background:var(--unkb);border-color:var(--unk);border-style:dotted}
.scroll{position:relative;overflow-x:auto;margin:0 -1.1rem;padding:0 1.1rem}
table{border-collapse:collapse;width:100%;font-size:.9rem}
caption{text-align:left;color:var(--soft);font-size:.82rem;padding-bottom:.3rem}
th,td{text-align:left;padding:.36rem .6rem;border-top:1px solid var(--hair);vertical-align:top}
thead th{border-top:0;color:var(--soft);font-weight:500;font-size:.8rem;white-space:nowrap;
vertical-align:bottom}
tbody th{font-weight:600}
th:first-child,td:first-child{padding-left:0}
th small,td small{display:block;color:var(--soft);font-weight:400;font-size:.8rem}
small.i{display:inline;white-space:nowrap;margin-left:.3em}
.n{text-align:right;white-space:nowrap}
.nw{white-space:nowrap}
.s{min-width:8rem;overflow-wrap:anywhere}
.m{white-space:nowrap}
.state{white-space:nowrap;font-weight:600}
.ok>.w,.w.ok{color:var(--ok)}.watch>.w,.w.watch{color:var(--watch)}.bad>.w,.w.bad{color:var(--bad)}
.unknown>.w,.w.unknown,.stale>.w{color:var(--unk)}
.hatch{background-image:repeating-linear-gradient(135deg,var(--hatch) 0 2px,transparent 2px 7px)}
.matrix td.m{text-align:center;border-left:2px solid var(--card);border-top:2px solid var(--card);
padding:.3rem .5rem}
.matrix th:not(:first-child){text-align:center}
.matrix td.m.ok{background-color:var(--okb);color:var(--ok)}
.matrix td.m.watch{background-color:var(--watchb);color:var(--watch)}
.matrix td.m.bad{background-color:var(--badb);color:var(--bad);font-weight:600}
.matrix td.m.unknown{background-color:var(--unkb);color:var(--unk);outline:1px dashed var(--unk);
outline-offset:-3px}
.matrix td.m.stale,.cal td.m.stale{background-color:var(--unkb);color:var(--unk);font-weight:400}
.matrix td i,.cal td i{font-style:normal;font-weight:700;margin-right:.35em}
.matrix td i:only-child{margin:0}
.matrix tbody th,.cal tbody th{position:sticky;left:0;background:var(--card);z-index:1}
.cal td{text-align:center;white-space:nowrap;font-size:.82rem;padding:.36rem .3rem}
.cal tbody th{padding-right:.8rem;white-space:nowrap}
.cal td small{font-size:.72rem}
.cal thead th:not(:first-child){text-align:center}
.cal td.l,.cal thead th.l{text-align:left}
.cal td.y,.cal thead th.y{border-left:1px solid var(--line)}
.cal .miss{background:var(--badb);color:var(--bad);font-weight:700}
.cal .dim{color:var(--soft)}
.cal .l .g{font-size:.8em}
s{color:var(--soft);text-decoration-thickness:1px}
svg.t{width:84px;height:22px;display:block;overflow:visible}
svg polyline{fill:none;stroke:var(--link);stroke-width:1.5}svg circle{fill:var(--link)}
.cols{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,38rem),1fr));gap:0 1rem;
align-items:start;margin:.5rem 0}
.cols section{margin:.5rem 0}
.none{margin:0;color:var(--soft)}
.late{color:var(--bad);font-weight:600}
.filter{display:none;gap:.4rem 1.4rem;flex-wrap:wrap;align-items:center;margin:0 0 .7rem;font-size:.9rem}
.js .filter{display:flex}
.filter input[type=search]{font:inherit;color:inherit;background:var(--bg);border:1px solid var(--soft);
border-radius:5px;padding:.3rem .6rem;width:14rem;margin-left:.4rem}
.filter input[type=checkbox]{width:1.1rem;height:1.1rem;vertical-align:-.2rem;margin:0 .4rem 0 0}
.filter output{color:var(--soft)}
details>summary{cursor:pointer;padding:.1rem 0}
details>summary>h2,details>summary>h3{display:inline}
.site{padding:.5rem 1.1rem;margin:.45rem 0;content-visibility:auto;contain-intrinsic-size:auto 2.6rem}
.site[open]{padding-bottom:1rem}
.site summary .meta{display:inline;margin-left:.6em}
.site .scroll{margin-top:.5rem}
.key{display:flex;flex-wrap:wrap;gap:.3rem 1.4rem;list-style:none;padding:0;margin:0;font-size:.88rem}
.proof{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:0;font-size:.84rem}
.proof dt{color:var(--soft)}.proof dd{margin:0;overflow-wrap:anywhere}
code{font:.92em ui-monospace,"Cascadia Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace}
footer{padding-bottom:2.5rem}
[hidden]{display:none!important}
@media (max-width:1100px){.tiles{grid-template-columns:1fr 1fr;row-gap:.7rem}}
@media (max-width:560px){.state,.m.l{white-space:normal}thead th{white-space:normal}
th,td{padding:.36rem .35rem}
.nw small{white-space:normal}}
@media (max-width:820px){.verdict{grid-template-columns:1fr}.tiles{grid-template-columns:1fr 1fr}
.tiles div{border-left:0;padding-left:0}
section,.site{border-radius:0;margin-left:-.8rem;margin-right:-.8rem;border-left:0;border-right:0;
padding-left:.8rem;padding-right:.8rem}
.verdict{border-left:8px solid var(--unk)}
.scroll{margin:0 -.8rem;padding:0 .8rem}
.proof{grid-template-columns:1fr}.proof dd{margin-bottom:.4rem}
.site summary .meta{display:block;margin-left:1.1rem}}
@media print{@page{size:A4 landscape;margin:11mm}
:root{color-scheme:light;--bg:#fff;--card:#fff;--ink:#000;--soft:#444;--line:#aaa;--hair:#ccc;--ok:#14613a;
--okb:#e2f1e7;--watch:#774b00;--watchb:#fcefd2;--bad:#a01621;--badb:#fce3e3;--unk:#434d57;--unkb:#e8ebee;
--link:#000;--hatch:rgba(119,75,0,.25)}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}
body{font-size:8.6pt}
header,main,footer{max-width:none;padding-left:0;padding-right:0}
header{padding-top:0}
.skip,.filter,.js .filter{display:none}
section,.site{border:0;border-top:1px solid var(--line);border-radius:0;padding:.5rem 0;margin:.5rem 0}
section:not(.verdict),.site{content-visibility:visible}
.verdict{border-left:8px solid;padding-left:1rem;grid-template-columns:1fr 2fr}
.scroll{overflow:visible;margin:0;padding:0}
.cols{display:block}
.matrix tbody th,.cal tbody th{position:static}
a{text-decoration:none}
tr,.key,.proof,.verdict{break-inside:avoid}
h2,h3,thead{break-after:avoid}
th,td{padding:.2rem .4rem}
.cal td{padding:.2rem .15rem;font-size:7.6pt}
svg.t{width:60px}
details::details-content{content-visibility:visible;display:block;height:auto}}
)css";

// Counts down, greys what has aged since the page was made, and filters. The page says everything without it.
inline constexpr std::string_view dashboard_script = R"js(
"use strict";(function(){
var root=document.documentElement,d=root.dataset,H=3600;
root.classList.add("js");
function all(q){return Array.prototype.slice.call(document.querySelectorAll(q));}
var verdict=document.querySelector(".verdict");
var due=all("[data-due]"),aged=all("[data-at]"),units=d.units.split("|");
function span(s){var m=Math.floor(s/60);
return m<120?units[0].replace("{0}",m):m<2880?units[1].replace("{0}",Math.floor(m/60)):
units[2].replace("{0}",Math.floor(m/1440));}
function tick(){var now=Math.max(Date.now()/1000,+d.made);
due.forEach(function(e){var left=+e.dataset.due-now;
e.textContent=(left>0?d.left:d.late).replace("{0}",span(Math.abs(left)));
e.classList.toggle("late",left<=0);});
aged.forEach(function(e){var hours=+e.closest("[data-hours]").dataset.hours;
if(now-e.dataset.at>hours*H&&!e.classList.contains("stale")){
e.classList.add("stale");var w=e.querySelector(".w");if(w)w.textContent=" "+d.stale;}});
var old=now-d.made>d.hours*H;document.getElementById("old").hidden=!old;
if(old)all(".verdict,.verdict .g").forEach(function(e){e.classList.add("stale");});
if(old&&verdict.dataset.mark!=="bad"){verdict.querySelector("h2").textContent=d.stale;
verdict.querySelector("p").hidden=true;}}
tick();setInterval(tick,30000);
var text=document.getElementById("q"),bad=document.getElementById("b");
if(text){var rows=all("[data-s]"),sites=all("[data-site]"),count=document.getElementById("c");
var plain=function(s){return s.normalize("NFD").replace(/\p{M}|\u00b7/gu,"").toLowerCase()
.replace(/\s+/g," ").trim();};
var names=sites.map(function(r){return plain(r.dataset.site);});
var apply=function(){var q=plain(text.value),seen=0,shown={};
sites.forEach(function(r,i){var show=names[i].indexOf(q)>=0&&
(!bad.checked||r.dataset.mark!=="ok"||!!r.querySelector(".stale"));
shown[r.dataset.s]=show;if(show)seen++;});
rows.forEach(function(r){r.hidden=!shown[r.dataset.s];});
count.textContent=count.dataset.text.replace("{0}",seen).replace("{1}",sites.length);};
text.addEventListener("input",apply);bad.addEventListener("change",apply);apply();}
if(window.ResizeObserver){var boxes=new ResizeObserver(function(list){list.forEach(function(o){
var b=o.target.className==="scroll"?o.target:o.target.parentElement;
if(b.scrollWidth>b.clientWidth)b.tabIndex=0;
else if(b!==document.activeElement)b.removeAttribute("tabindex");});});
all(".scroll,.scroll>table").forEach(function(e){boxes.observe(e);});}
function reveal(){var t=location.hash.length>1&&document.getElementById(location.hash.slice(1));
if(t&&t.tagName==="DETAILS")t.open=true;}
window.addEventListener("hashchange",reveal);reveal();
})();
)js";

}  // namespace coffre::cli
