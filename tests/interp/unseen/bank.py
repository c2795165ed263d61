# SPDX-License-Identifier: MIT
# Accounts with deposits, withdrawals, transfers, interest, and errors of their own.


class BankError(Exception):
    pass


class InsufficientFunds(BankError):
    def __init__(self, account, amount):
        super().__init__(f"{account.owner} has {account.balance}, not {amount}")
        self.missing = amount - account.balance


class UnknownAccount(BankError):
    pass


class Account:
    count_limit = 1000

    def __init__(self, owner, balance=0):
        self.owner = owner
        self.balance = balance
        self.history = []

    def deposit(self, amount):
        if amount <= 0:
            raise ValueError("deposits are positive")
        self.balance += amount
        self.history.append(("in", amount))

    def withdraw(self, amount):
        if amount > self.balance:
            raise InsufficientFunds(self, amount)
        self.balance -= amount
        self.history.append(("out", amount))

    def __lt__(self, other):
        return self.balance < other.balance

    def __repr__(self):
        return f"<{self.owner}: {self.balance}>"


class Savings(Account):
    def __init__(self, owner, balance=0, percent=3):
        super().__init__(owner, balance)
        self.percent = percent

    def month(self):
        self.balance += self.balance * self.percent // 1200


class Credit(Account):
    limit = 500

    def withdraw(self, amount):
        if amount > self.balance + self.limit:
            raise InsufficientFunds(self, amount)
        self.balance -= amount
        self.history.append(("credit", amount))


class Bank:
    def __init__(self):
        self.accounts = {}
        self.log = []

    def open(self, account):
        self.accounts[account.owner] = account
        return account

    def find(self, owner):
        try:
            return self.accounts[owner]
        except KeyError:
            raise UnknownAccount(owner)

    def transfer(self, source, target, amount):
        a = self.find(source)
        b = self.find(target)
        a.withdraw(amount)
        try:
            b.deposit(amount)
        except ValueError as error:
            a.balance += amount
            self.log.append(str(error))
            raise
        finally:
            self.log.append(f"{source}->{target}:{amount}")


def bench(n):
    bank = Bank()
    bank.open(Account("ann", 1000))
    bank.open(Savings("bob", balance=5000, percent=6))
    bank.open(Credit("cid"))
    names = ["ann", "bob", "cid", "dan"]
    failed = 0
    missing = 0
    unknown = []
    for i in range(10 * n):
        source = names[i * 7 % 4]
        target = names[i * 5 % 3]
        try:
            bank.transfer(source, target, i * 37 % 400 - 5)
        except InsufficientFunds as error:
            failed += 1
            missing += error.missing
        except (UnknownAccount, ValueError) as error:
            unknown.append(str(error))
        else:
            bank.find("bob").month()
    accounts = sorted(bank.accounts.values())
    return accounts, failed, missing, len(unknown), unknown[:3], bank.log[-2:], max(accounts).owner
