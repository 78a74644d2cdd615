import { chromium } from 'playwright-core';
const b = await chromium.launch({executablePath:'/usr/bin/chromium',args:['--no-sandbox','--disable-gpu']});
const p = await b.newPage({viewport:{width:1200,height:800}});
p.on('pageerror',e=>console.log('pageerror',e.message));
await p.goto('http://127.0.0.1:8777/'); await p.waitForTimeout(800);
for (let i=0;i<4;i++){ await p.selectOption('[name=theme]',i%2?'dark':'light'); await p.getByRole('button',{name:'Completed',exact:true}).click(); await p.selectOption('[name=locale]',i%2?'de-DE':'en-US'); await p.getByRole('button',{name:'Batch',exact:true}).click(); await p.getByRole('button',{name:'Failed',exact:true}).click(); await p.selectOption('[name=width]',i%2?'280px':'480px'); }
await p.getByRole('button',{name:'Completed',exact:true}).click(); await p.waitForTimeout(1500);
await p.frameLocator('iframe').getByRole('button',{name:'Full screen'}).click(); await p.waitForTimeout(500);
console.log(await p.locator('iframe').boundingBox());
await p.screenshot({path:'/tmp/v2shots/pv.png'});
await p.frameLocator('iframe').getByRole('button',{name:'Leave full screen'}).click(); await p.waitForTimeout(500);
console.log(await p.locator('iframe').boundingBox());
await b.close(); process.exit(0);
