# SPDX-License-Identifier: MIT
# A shop's stock: products by kind, orders that may fail half way, reports.


class OutOfStock(Exception):
    def __init__(self, product, wanted):
        self.product = product
        self.wanted = wanted

    def __str__(self):
        return f"{self.wanted} of {self.product.name} wanted, {self.product.stock} there"


class Product:
    tax = 20
    made = 0

    def __init__(self, name, price, stock=0):
        self.name = name
        self.price = price
        self.stock = stock

    def gross(self):
        return self.price + self.price * self.tax // 100

    def __eq__(self, other):
        return isinstance(other, Product) and self.name == other.name

    def __hash__(self):
        return len(self.name)

    def __str__(self):
        return f"{self.name} ({self.gross()})"

    def __repr__(self):
        return f"Product({self.name!r}, {self.price}, stock={self.stock})"


class Food(Product):
    tax = 7

    def __init__(self, name, price, stock=0, days=10):
        super().__init__(name, price, stock)
        self.days = days

    def age(self):
        self.days -= 1
        if self.days == 0:
            lost, self.stock = self.stock, 0
            return lost
        return 0


class Gift(Product):
    def gross(self):
        return super().gross() * 9 // 10


class Shop:
    def __init__(self):
        self.products = {}
        self.takings = 0
        self.refused = []

    def add(self, product):
        self.products[product.name] = product

    def __contains__(self, name):
        return name in self.products

    def __getitem__(self, name):
        return self.products[name]

    def order(self, lines):
        taken = []
        cost = 0
        try:
            for name, wanted in lines:
                product = self[name]
                if product.stock < wanted:
                    raise OutOfStock(product, wanted)
                product.stock -= wanted
                taken.append((product, wanted))
                cost += product.gross() * wanted
        except (OutOfStock, KeyError) as problem:
            for product, wanted in taken:
                product.stock += wanted
            self.refused.append(str(problem))
            return False
        else:
            self.takings += cost
            return True

    def report(self):
        kinds = {}
        for product in self.products.values():
            if isinstance(product, Food):
                kind = "food"
            elif isinstance(product, Gift):
                kind = "gift"
            else:
                kind = "other"
            kinds[kind] = kinds.get(kind, 0) + product.stock * product.price
        return kinds


def bench(n):
    shop = Shop()
    shop.add(Product("lamp", 4000, 5))
    shop.add(Food("bread", 250, stock=40, days=n + 1))
    shop.add(Food("milk", 120, 30))
    shop.add(Gift("card", price=300, stock=100))
    names = ["lamp", "bread", "milk", "card", "ghost"]
    lost = 0
    done = 0
    for day in range(n):
        lines = [(names[(day + i) % 5 if day % 3 == 0 else i], i + day % 4) for i in range(day % 5)]
        if shop.order(lines):
            done += 1
        for product in shop.products.values():
            if isinstance(product, Food):
                lost += product.age()
    unique = {Product("lamp", 1), Product("lamp", 2), Product("card", 3)}
    texts = [str(product) for product in shop.products.values()]
    return (
        done, lost, shop.takings, shop.refused[:3], shop.report(), len(unique), texts,
        shop["card"], "ghost" in shop, Product("milk", 0) == shop["milk"],
    )
